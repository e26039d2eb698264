// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Net.Sockets;
using Meridian.Platform.Native;

namespace Meridian.Platform.Ovsdb;

/// <summary>One active connection method of ovsdb(7): <c>unix:PATH</c> or <c>tcp:HOST:PORT</c>, IPv6 hosts in brackets.</summary>
public sealed record OvsdbEndpoint(string? Path, string? Host, int Port)
{
    /// <summary>sockaddr_un holds 107 bytes and an end; state directories may be deeper.</summary>
    private const int LongestSocketPath = 107;

    /// <summary>Reads a comma separated list, as <c>[ovn] ovn_nb_connection</c> holds it.</summary>
    /// <exception cref="FormatException">Says which part is wrong and what was expected.</exception>
    public static IReadOnlyList<OvsdbEndpoint> ParseList(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 0 ? throw new FormatException("an OVSDB connection is empty; expected tcp:HOST:PORT or unix:PATH") : [.. parts.Select(Parse)];
    }

    public static OvsdbEndpoint Parse(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal) && text.Length > 5)
        {
            return new(text[5..], null, 0);
        }

        var colon = text.LastIndexOf(':');
        if (text.StartsWith("tcp:", StringComparison.Ordinal) && colon > 4 && int.TryParse(text.AsSpan(colon + 1), out var port) && port is > 0 and < 65536)
        {
            return new(null, text[4..colon].Trim('[', ']'), port);
        }

        throw new FormatException($"'{text}' is not an OVSDB connection that is understood here; expected tcp:HOST:PORT or unix:PATH");
    }

    public override string ToString() =>
        Path is not null ? $"unix:{Path}" : Host!.Contains(':', StringComparison.Ordinal) ? $"tcp:[{Host}]:{Port}" : $"tcp:{Host}:{Port}";

    internal async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = Path is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var folder = Path is not null && Path.Length > LongestSocketPath ? new DirectoryHandle(System.IO.Path.GetDirectoryName(Path)!) : null;
            EndPoint target = Path is not null ? new UnixDomainSocketEndPoint(folder is null ? Path : $"{folder.Path}/{System.IO.Path.GetFileName(Path)}")
                : IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, Port) : new DnsEndPoint(Host!, Port);
            await socket.ConnectAsync(target, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
