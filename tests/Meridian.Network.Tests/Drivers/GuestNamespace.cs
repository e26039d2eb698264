// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Net.Sockets;
using System.Text;
using Meridian.Platform.Native;
using Meridian.Platform.Ovsdb;
using Meridian.Testing;

namespace Meridian.Network.Tests.Drivers;

/// <summary>A network namespace in a guest's place: one link, plugged into br-int as a hypervisor plugs a tap.</summary>
internal sealed class GuestNamespace : IAsyncDisposable
{
    private readonly string outer;

    private GuestNamespace(string name, string outer)
    {
        Name = name;
        this.outer = outer;
    }

    public string Name { get; }

    public static async Task<GuestNamespace> PlugAsync(OvnFixture ovn, string name, string portId, string mac, CancellationToken cancellationToken)
    {
        var outer = "g" + portId[..11];
        await NetworkLinks.EnsureNamespaceAsync(name, null, cancellationToken);
        await NetworkLinks.BatchAsync(ovn.Namespace, [$"link add {outer} type veth peer name eth0 netns {name} address {mac}", $"link set {outer} up"], cancellationToken);
        await NetworkLinks.BatchAsync(name, ["link set eth0 up"], cancellationToken);
        await NetworkLinks.DisableOffloadAsync(ovn.Namespace, outer, cancellationToken);
        await NetworkLinks.DisableOffloadAsync(name, "eth0", cancellationToken);
        await ovn.Switch.ConnectAsync(TimeSpan.FromSeconds(5), cancellationToken);
        var transaction = new OvsdbTransaction();
        var link = transaction.Insert("Interface", new Dictionary<string, object?>
        {
            ["name"] = outer, ["external_ids"] = new Dictionary<string, string> { ["iface-id"] = portId, ["attached-mac"] = mac },
        });
        var port = transaction.Insert("Port", new Dictionary<string, object?> { ["name"] = outer, ["interfaces"] = new object[] { link } });
        transaction.Add("Bridge", ovn.Switch.Table("Bridge").FindBy("name", "br-int")!.Uuid, "ports", new object[] { port });
        await ovn.Switch.TransactAsync(transaction, cancellationToken);
        return new(name, outer);
    }

    /// <summary>Takes an address without asking.</summary>
    public Task ConfigureAsync(string address, string? gateway, CancellationToken cancellationToken) =>
        NetworkLinks.BatchAsync(Name, [$"addr add {address} dev eth0", .. gateway is null ? Array.Empty<string>() : [$"route add default via {gateway}"]], cancellationToken);

    /// <summary>Whether one of several pings is answered within the limit.</summary>
    public Task<bool> CanPingAsync(string address, string? source = null, TimeSpan? limit = null) => Wait.UntilAsync(() => PingAsync(address, source), limit);

    private async Task<bool> PingAsync(string address, string? source)
    {
        using var socket = await NetworkNamespace.RunAsync(Name, () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp));
        socket.Bind(new IPEndPoint(source is null ? IPAddress.Any : IPAddress.Parse(source), 0));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            // Echo request, identifier 0x4d35; the checksum is that of these eight bytes.
            await socket.SendToAsync(new byte[] { 8, 0, 0xaa, 0xc9, 0x4d, 0x35, 0, 1 }, new IPEndPoint(IPAddress.Parse(address), 0), stop.Token);
            var buffer = new byte[256];
            while (true)
            {
                var length = await socket.ReceiveAsync(buffer, stop.Token);
                var header = (buffer[0] & 0xf) * 4;
                if (length >= header + 8 && buffer[header] == 0 && buffer[header + 4] == 0x4d && new IPAddress(buffer.AsSpan(12, 4)).ToString() == address)
                {
                    return true;
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    /// <summary>A server that answers each connection with its peer's address.</summary>
    public Task<Socket> ListenAsync(int port) => ListenAsync(Name, port);

    public static async Task<Socket> ListenAsync(string inNamespace, int port)
    {
        var socket = await NetworkNamespace.RunAsync(inNamespace, () =>
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Any, port));
            listener.Listen();
            return listener;
        });
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    using var peer = await socket.AcceptAsync();
                    await peer.SendAsync(Encoding.ASCII.GetBytes(((IPEndPoint)peer.RemoteEndPoint!).Address.ToString()));
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test closed it.
            }
        });
        return socket;
    }

    /// <returns>What the server said: our address as it saw it; null when it did not answer within the limit.</returns>
    public static async Task<string?> AskAsync(string? inNamespace, string address, int port, TimeSpan limit)
    {
        Socket Make() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var socket = inNamespace is null ? Make() : await NetworkNamespace.RunAsync(inNamespace, Make);
        using var stop = new CancellationTokenSource(limit);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address), port, stop.Token);
            var buffer = new byte[64];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync() => await NetworkLinks.DeleteNamespaceAsync(Name, CancellationToken.None);

    public override string ToString() => $"{Name} ({outer})";
}
