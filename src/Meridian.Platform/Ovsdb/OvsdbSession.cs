// SPDX-License-Identifier: Apache-2.0

using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Meridian.Platform.Ovsdb;

/// <summary>One connection: JSON-RPC 1.0 calls, notifications, and echo in both directions. Dead once <see cref="RunAsync"/> has ended.</summary>
internal sealed class OvsdbSession(Socket socket, Action<string, JsonElement> onNotification) : IAsyncDisposable
{
    private static readonly TimeSpan EchoEvery = TimeSpan.FromSeconds(15);
    private readonly NetworkStream stream = new(socket, ownsSocket: true);
    private readonly ConcurrentDictionary<long, Call> pending = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private long lastId;
    private bool closed;

    /// <summary>Reads until the peer closes or is silent for two echo periods.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Exception? reason = null;
        try
        {
            var reader = new JsonStream(stream);
            var next = reader.ReadAsync(cancellationToken);
            var echoed = false;
            while (true)
            {
                try
                {
                    await next.WaitAsync(EchoEvery, cancellationToken);
                }
                catch (TimeoutException) when (!echoed)
                {
                    echoed = true;
                    _ = CallAsync("echo", [], cancellationToken).ContinueWith(static t => t.Exception, TaskScheduler.Default);
                    continue;
                }

                echoed = false;
                if (await next is not { } message)
                {
                    throw new OvsdbUnavailableException("the OVSDB server closed the connection");
                }

                await HandleAsync(message.RootElement, cancellationToken);
                next = reader.ReadAsync(cancellationToken);
            }
        }
        catch (Exception error)
        {
            reason = error;
            throw;
        }
        finally
        {
            closed = true;
            foreach (var id in pending.Keys)
            {
                Fail(id, reason);
            }
        }
    }

    /// <param name="onResult">Runs on the reading thread, before what the server sent after this answer is handled.</param>
    /// <exception cref="OvsdbException">The server answered an error.</exception>
    /// <exception cref="OvsdbUnavailableException">The connection was lost before the answer.</exception>
    public async Task<JsonElement> CallAsync(string method, JsonArray parameters, CancellationToken cancellationToken, Action<JsonElement>? onResult = null)
    {
        var id = Interlocked.Increment(ref lastId);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        pending[id] = new(answer, onResult);
        try
        {
            await SendAsync(new() { ["method"] = method, ["params"] = parameters, ["id"] = id }, cancellationToken);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            Fail(id, error);
        }

        if (closed)
        {
            Fail(id, null);
        }

        try
        {
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            pending.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        closed = true;
        await stream.DisposeAsync();
        writing.Dispose();
    }

    private void Fail(long id, Exception? reason)
    {
        if (pending.TryRemove(id, out var call))
        {
            call.Answer.TrySetException(new OvsdbUnavailableException("the OVSDB connection was lost before the answer came", reason));
        }
    }

    private async Task HandleAsync(JsonElement message, CancellationToken cancellationToken)
    {
        if (message.TryGetProperty("method", out var method) && method.ValueKind == JsonValueKind.String)
        {
            if (method.ValueEquals("echo"))
            {
                await SendAsync(
                    new() { ["result"] = JsonNode.Parse(message.GetProperty("params").GetRawText()), ["error"] = null, ["id"] = JsonNode.Parse(message.GetProperty("id").GetRawText()) },
                    cancellationToken);
            }
            else
            {
                onNotification(method.GetString()!, message.GetProperty("params"));
            }

            return;
        }

        if (message.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && pending.TryRemove(id.GetInt64(), out var call))
        {
            call.Complete(message);
        }
    }

    internal static OvsdbException Error(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return new($"OVSDB: {error}", error.ToString());
        }

        var tag = error.GetProperty("error").GetString() ?? "";
        return new($"OVSDB: {tag}{(error.TryGetProperty("details", out var details) ? $": {details.GetString()}" : "")}", tag);
    }

    private async Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(bytes))
        {
            message.WriteTo(writer);
        }

        await writing.WaitAsync(cancellationToken);
        try
        {
            // Never cancelled half way: a partial message would end the connection for everyone.
            await stream.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), CancellationToken.None);
        }
        finally
        {
            writing.Release();
        }
    }

    private sealed record Call(TaskCompletionSource<JsonElement> Answer, Action<JsonElement>? OnResult)
    {
        public void Complete(JsonElement message)
        {
            if (message.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            {
                Answer.TrySetException(Error(error));
                return;
            }

            try
            {
                var result = message.GetProperty("result");
                OnResult?.Invoke(result);
                Answer.TrySetResult(result);
            }
            catch (Exception reason)
            {
                Answer.TrySetException(reason);
            }
        }
    }
}
