// SPDX-License-Identifier: Apache-2.0
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Meridian.Host.State;

/// <summary>run/control.sock: answers one byte, `s` with the control process's <see cref="StatusReport"/>, `a` with what its audit finds. Only the owner can connect.</summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    private const byte Status = (byte)'s';
    private const byte Audit = (byte)'a';

    private readonly Socket listener;
    private readonly string path;
    private readonly Task serving;

    private ControlSocket(Socket listener, string path, Func<StatusReport> report, Func<CancellationToken, Task<List<string>>> audit)
    {
        this.listener = listener;
        this.path = path;
        serving = ServeAsync(report, audit);
    }

    public static ControlSocket Listen(StateDirectory state, Func<StatusReport> report, Func<CancellationToken, Task<List<string>>> audit)
    {
        var path = PathOf(state);
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(16);
        return new(listener, path, report, audit);
    }

    /// <returns>Null when no control process answers.</returns>
    public static Task<StatusReport?> AskAsync(StateDirectory state, CancellationToken cancellationToken) =>
        AskAsync(state, Status, StateJson.Default.StatusReport, cancellationToken);

    /// <returns>What does not agree; null when no control process answers.</returns>
    public static Task<List<string>?> AuditAsync(StateDirectory state, CancellationToken cancellationToken) =>
        AskAsync(state, Audit, StateJson.Default.ListString, cancellationToken);

    private static async Task<T?> AskAsync<T>(StateDirectory state, byte what, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathOf(state)), cancellationToken);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(new[] { what }, cancellationToken);
            return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken);
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

    private async Task ServeAsync(Func<StatusReport> report, Func<CancellationToken, Task<List<string>>> audit)
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await listener.AcceptAsync(), report, audit);
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private static async Task AnswerAsync(Socket client, Func<StatusReport> report, Func<CancellationToken, Task<List<string>>> audit)
    {
        using (client)
        {
            try
            {
                await using var stream = new NetworkStream(client);
                var asked = new byte[1];
                if (await stream.ReadAsync(asked) == 1 && asked[0] == Audit)
                {
                    await JsonSerializer.SerializeAsync(stream, await audit(CancellationToken.None), StateJson.Default.ListString);
                }
                else
                {
                    await JsonSerializer.SerializeAsync(stream, report(), StateJson.Default.StatusReport);
                }
            }
            catch (IOException)
            {
                // The client went away.
            }
        }
    }
}
