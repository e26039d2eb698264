// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;
using System.Text.Json;

namespace Meridian.Host.State;

/// <summary>run/control.sock: whoever connects is sent the control process's <see cref="StatusReport"/>. Only the owner can connect.</summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    private readonly Socket listener;
    private readonly string path;
    private readonly Task serving;

    private ControlSocket(Socket listener, string path, Func<StatusReport> report)
    {
        this.listener = listener;
        this.path = path;
        serving = ServeAsync(report);
    }

    public static ControlSocket Listen(StateDirectory state, Func<StatusReport> report)
    {
        var path = PathOf(state);
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(16);
        return new(listener, path, report);
    }

    /// <returns>Null when no control process answers.</returns>
    public static async Task<StatusReport?> AskAsync(StateDirectory state, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathOf(state)), cancellationToken);
            await using var stream = new NetworkStream(socket);
            return await JsonSerializer.DeserializeAsync(stream, StateJson.Default.StatusReport, cancellationToken);
        }
        catch (Exception exception) when (exception is SocketException or IOException or JsonException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await serving;
        File.Delete(path);
    }

    // A socket's path is at most 107 bytes long: a deep state directory has its socket in /tmp.
    private static string PathOf(StateDirectory state)
    {
        var path = Path.Combine(state.Run, "control.sock");
        return path.Length < 100 ? path : Path.Combine(Path.GetTempPath(), $"meridian-{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(path)))[..16]}.sock");
    }

    private async Task ServeAsync(Func<StatusReport> report)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptAsync();
                await using var stream = new NetworkStream(client);
                await JsonSerializer.SerializeAsync(stream, report(), StateJson.Default.StatusReport);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;
            }
            catch (IOException)
            {
                // The client went away.
            }
        }
    }
}
