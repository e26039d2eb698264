// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Meridian.Platform.Native;

namespace Meridian.Network.Tests.Drivers;

/// <summary>Asks for an address as a guest does (RFC 2131).</summary>
internal static class DhcpClient
{
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;
    private const byte Discover = 1;

    /// <returns>The offered address, and the options by number; null when nobody offers one.</returns>
    public static async Task<(IPAddress Address, Dictionary<byte, byte[]> Options)?> DiscoverAsync(string inNamespace, string mac, TimeSpan limit)
    {
        using var socket = await NetworkNamespace.RunAsync(inNamespace, () =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true };
            made.SetRawSocketOption(SocketLevel, BindToDevice, "eth0\0"u8);
            made.Bind(new IPEndPoint(IPAddress.Any, 68));
            return made;
        });
        var message = Message(mac);
        using var stop = new CancellationTokenSource(limit);
        var buffer = new byte[1500];
        while (!stop.IsCancellationRequested)
        {
            await socket.SendToAsync(message, new IPEndPoint(IPAddress.Broadcast, 67));
            using var once = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            once.CancelAfter(500);
            try
            {
                var length = await socket.ReceiveAsync(buffer, once.Token);
                return (new(buffer.AsSpan(16, 4)), Options(buffer.AsSpan(240, length - 240)));
            }
            catch (OperationCanceledException)
            {
                // Asked again, as clients do.
            }
        }

        return null;
    }

    private static byte[] Message(string mac)
    {
        var message = new byte[244 + 8];
        message[0] = 1;
        message[1] = 1;
        message[2] = 6;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), 0x4d455231);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(10), 0x8000);
        Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal)).CopyTo(message, 28);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(236), 0x63825363);
        byte[] options = [53, 1, Discover, 55, 4, 26, 121, 3, 6, 255];
        Array.Resize(ref message, 240 + options.Length);
        options.CopyTo(message, 240);
        return message;
    }

    private static Dictionary<byte, byte[]> Options(ReadOnlySpan<byte> bytes)
    {
        var options = new Dictionary<byte, byte[]>();
        for (var i = 0; i + 1 < bytes.Length && bytes[i] != 255;)
        {
            if (bytes[i] == 0)
            {
                i++;
                continue;
            }

            options[bytes[i]] = bytes.Slice(i + 2, bytes[i + 1]).ToArray();
            i += 2 + bytes[i + 1];
        }

        return options;
    }
}
