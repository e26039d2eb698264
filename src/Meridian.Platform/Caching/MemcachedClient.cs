// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Meridian.Platform.Caching;

/// <summary>
/// Memcached's meta commands over pooled sockets (memcached doc/protocol.txt, "Meta Commands"). A cache may forget at any time, so a server that is away, slow
/// or wrong is a miss, and isn't asked again for a while.
/// </summary>
public sealed class MemcachedClient : IDisposable
{
    /// <summary>memcached's own limit of an item.</summary>
    public const int MaxValueBytes = 1024 * 1024;

    private const int DefaultPort = 11211;
    private const int PooledSockets = 16;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DeadTime = TimeSpan.FromSeconds(30);
    private readonly Server[] servers;
    private readonly TimeProvider clock;

    /// <param name="servers">host:port, port 11211 when it's missing; IPv6 addresses in brackets, as "inet6:[::1]:11211" too.</param>
    public MemcachedClient(IEnumerable<string> servers, TimeProvider clock)
    {
        this.servers = [.. servers.Select(Server.Parse)];
        this.clock = clock;
    }

    /// <returns>Null when there's no such value, or nobody to ask.</returns>
    public async Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
    {
        byte[]? found = null;
        await UseAsync(key, async (connection, token) => found = await connection.GetAsync(key, token), cancellationToken);
        return found;
    }

    /// <param name="lifetime">Whole seconds, at least one.</param>
    /// <returns>False when nobody took it.</returns>
    public Task<bool> SetAsync(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken cancellationToken) =>
        value.Length > MaxValueBytes
            ? Task.FromResult(false)
            : UseAsync(key, (connection, token) => connection.SetAsync(key, value, Math.Max(1, (int)lifetime.TotalSeconds), token), cancellationToken);

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken) =>
        UseAsync(key, (connection, token) => connection.DeleteAsync(key, token), cancellationToken);

    public void Dispose()
    {
        foreach (var server in servers)
        {
            while (server.Idle.TryTake(out var connection))
            {
                connection.Dispose();
            }
        }
    }

    private async Task<bool> UseAsync(string key, Func<Connection, CancellationToken, Task> use, CancellationToken cancellationToken)
    {
        if (key.Length is 0 or > 250 || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException("A key is 1 to 250 visible ASCII characters.", nameof(key));
        }

        if (Pick(key) is not { } server)
        {
            return false;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Deadline);
        Connection? connection = null;
        try
        {
            connection = server.Idle.TryTake(out var idle) ? idle : await Connection.OpenAsync(server, limit.Token);
            await use(connection, limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidDataException or OperationCanceledException)
        {
            // Whatever is left unread on the socket would be taken for the next answer: never use it again.
            connection?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            server.DeadUntil = clock.GetUtcNow() + DeadTime;
            return false;
        }

        if (server.Idle.Count < PooledSockets)
        {
            server.Idle.Add(connection);
        }
        else
        {
            connection.Dispose();
        }

        return true;
    }

    /// <summary>The server of a key; the next living one while that is away.</summary>
    private Server? Pick(string key)
    {
        var now = clock.GetUtcNow();
        var first = servers.Length == 0 ? 0 : (int)(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.ASCII.GetBytes(key))) % (uint)servers.Length);
        for (var i = 0; i < servers.Length; i++)
        {
            var server = servers[(first + i) % servers.Length];
            if (server.DeadUntil <= now)
            {
                return server;
            }
        }

        return null;
    }

    private sealed class Server(string host, int port)
    {
        public string Host => host;

        public int Port => port;

        public ConcurrentBag<Connection> Idle { get; } = [];

        public DateTimeOffset DeadUntil { get; set; }

        public static Server Parse(string text)
        {
            text = text.StartsWith("inet6:", StringComparison.Ordinal) ? text[6..] : text.StartsWith("inet:", StringComparison.Ordinal) ? text[5..] : text;
            var colon = text.LastIndexOf(':');
            return colon > text.LastIndexOf(']') && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                ? new(text[..colon].Trim('[', ']'), port)
                : new(text.Trim('[', ']'), DefaultPort);
        }
    }

    private sealed class Connection(Socket socket) : IDisposable
    {
        private readonly NetworkStream stream = new(socket, ownsSocket: true);
        private readonly byte[] buffer = new byte[4096];
        private int start;
        private int end;

        public static async Task<Connection> OpenAsync(Server server, CancellationToken cancellationToken)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(server.Host, server.Port, cancellationToken);
                return new(socket);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        public async Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"mg {key} v\r\n"), cancellationToken);
            var line = await ReadLineAsync(cancellationToken);
            if (line == "EN")
            {
                return null;
            }

            if (!line.StartsWith("VA ", StringComparison.Ordinal) || !int.TryParse(line.Split(' ')[1], out var length) || length is < 0 or > MaxValueBytes)
            {
                throw new InvalidDataException($"memcached answered {line}");
            }

            var value = new byte[length + 2];
            var buffered = Math.Min(end - start, value.Length);
            buffer.AsSpan(start, buffered).CopyTo(value);
            start += buffered;
            await stream.ReadExactlyAsync(value.AsMemory(buffered), cancellationToken);
            return value[..length];
        }

        public async Task SetAsync(string key, ReadOnlyMemory<byte> value, int seconds, CancellationToken cancellationToken)
        {
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes($"ms {key} {value.Length} T{seconds}\r\n"), .. value.Span, .. "\r\n"u8], cancellationToken);
            Expect(await ReadLineAsync(cancellationToken), "HD");
        }

        public async Task DeleteAsync(string key, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"md {key}\r\n"), cancellationToken);
            Expect(await ReadLineAsync(cancellationToken), "HD", "NF");
        }

        public void Dispose() => stream.Dispose();

        private static void Expect(string line, params string[] codes)
        {
            if (!codes.Contains(line.Split(' ')[0], StringComparer.Ordinal))
            {
                throw new InvalidDataException($"memcached answered {line}");
            }
        }

        private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var length = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8);
                if (length >= 0)
                {
                    var line = Encoding.ASCII.GetString(buffer, start, length);
                    start += length + 2;
                    return line;
                }

                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
                var read = end == buffer.Length ? throw new InvalidDataException("memcached's answer has no end") : await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
                end += read > 0 ? read : throw new IOException("memcached closed the connection");
            }
        }
    }
}
