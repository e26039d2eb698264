// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Meridian.Platform.Native;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Agent;

/// <summary>The network that a connection came from: the namespace of the socket that it was accepted on.</summary>
internal sealed record ConnectionNetwork(string NetworkId);

/// <summary>Stands for all metadata sockets together, where Kestrel wants an endpoint.</summary>
internal sealed class MetadataEndPoint : EndPoint
{
    public override string ToString() => "169.254.169.254:80 in each network";
}

/// <summary>
/// One listener made of many sockets, one in each network's namespace at 169.254.169.254:80. Sockets come and go while Kestrel serves;
/// each connection carries its network as a feature.
/// </summary>
internal sealed partial class MetadataListener(ILogger<MetadataListener> logger) : IConnectionListenerFactory, IConnectionListener
{
    public static readonly IPEndPoint Address = new(IPAddress.Parse("169.254.169.254"), 80);

    private const int Backlog = 128;
    private readonly ConcurrentDictionary<string, Socket> sockets = new(StringComparer.Ordinal);
    private readonly SocketConnectionContextFactory connections = new(new(), logger);

    /// <summary>Bounded: what is not served waits in the kernel's own queue.</summary>
    private readonly Channel<(string NetworkId, Socket Socket)> accepted = Channel.CreateBounded<(string, Socket)>(64);

    public EndPoint EndPoint { get; } = new MetadataEndPoint();

    public bool IsListening(string networkId) => sockets.ContainsKey(networkId);

    /// <summary>Opens the network's socket inside the namespace, which must have the address. Does nothing when it is open.</summary>
    /// <exception cref="SocketException">Somebody else listens there, or the address is missing.</exception>
    public async Task AddAsync(string networkId, string @namespace)
    {
        if (IsListening(networkId))
        {
            return;
        }

        var socket = await NetworkNamespace.RunAsync(@namespace, static () =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                made.Bind(Address);
                made.Listen(Backlog);
                return made;
            }
            catch
            {
                made.Dispose();
                throw;
            }
        });
        sockets[networkId] = socket;
        _ = AcceptFromAsync(networkId, socket);
    }

    public void Remove(string networkId)
    {
        if (sockets.TryRemove(networkId, out var socket))
        {
            socket.Dispose();
        }
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => ValueTask.FromResult<IConnectionListener>(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (!await accepted.Reader.WaitToReadAsync(cancellationToken) || !accepted.Reader.TryRead(out var next))
        {
            return null;
        }

        var connection = connections.Create(next.Socket);
        connection.Features.Set(new ConnectionNetwork(next.NetworkId));
        return connection;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        foreach (var id in sockets.Keys)
        {
            Remove(id);
        }

        accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        while (accepted.Reader.TryRead(out var waiting))
        {
            waiting.Socket.Dispose();
        }

        connections.Dispose();
    }

    private async Task AcceptFromAsync(string networkId, Socket socket)
    {
        try
        {
            while (true)
            {
                await accepted.Writer.WriteAsync((networkId, await socket.AcceptAsync()));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or ChannelClosedException)
        {
            // Closed by Remove, or gone with its namespace: the agent's next round opens it again where it is wanted.
            if (sockets.TryRemove(KeyValuePair.Create(networkId, socket)))
            {
                LogLost(networkId, error.Message);
                socket.Dispose();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metadata socket of network {NetworkId} was lost: {Reason}")]
    private partial void LogLost(string networkId, string reason);
}
