// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Meridian.Platform.Messaging;

/// <summary>What both kinds of bus have in common: messages become bytes, answers become results or exceptions.</summary>
internal abstract class MessageBus(TimeSpan defaultTimeout) : IMessageBus
{
    public Task CastAsync<TArguments>(
        BusAddress to, BusMethod<TArguments> method, TArguments arguments, string? requestId, CancellationToken cancellationToken) =>
        SendAsync(to, Write(method.Name, method.Version, method.Arguments, arguments, requestId), cancellationToken);

    public Task FanoutAsync<TArguments>(
        string topic, BusMethod<TArguments> method, TArguments arguments, string? requestId, CancellationToken cancellationToken) =>
        SendToAllAsync(topic, Write(method.Name, method.Version, method.Arguments, arguments, requestId), cancellationToken);

    public async Task<TResult> CallAsync<TArguments, TResult>(
        BusAddress to, BusMethod<TArguments, TResult> method, TArguments arguments, TimeSpan? timeout, string? requestId, CancellationToken cancellationToken)
    {
        var body = Write(method.Name, method.Version, method.Arguments, arguments, requestId);
        var wait = timeout ?? defaultTimeout;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(wait);
        BusReply reply;
        try
        {
            reply = await AskAsync(to, body, wait, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BusTimeoutException(to, method.Name, wait);
        }

        if (reply.ErrorType is { } type)
        {
            throw new RemoteException(type, reply.ErrorMessage ?? type);
        }

        return reply.Result is { } result
            ? result.Deserialize(method.Result)!
            : throw new RemoteException(nameof(JsonException), $"The answer to {method.Name} from {to} has no result.");
    }

    public abstract Task<IAsyncDisposable> ListenAsync(BusEndpoint endpoint, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    protected abstract Task SendAsync(BusAddress to, byte[] body, CancellationToken cancellationToken);

    protected abstract Task SendToAllAsync(string topic, byte[] body, CancellationToken cancellationToken);

    protected abstract Task<BusReply> AskAsync(BusAddress to, byte[] body, TimeSpan timeout, CancellationToken cancellationToken);

    private static byte[] Write<TArguments>(string method, int version, JsonTypeInfo<TArguments> type, TArguments arguments, string? requestId)
    {
        var message = new BusMessage(method, version, JsonSerializer.SerializeToElement(arguments, type), requestId);
        var body = JsonSerializer.SerializeToUtf8Bytes(message, BusJson.Default.BusMessage);
        return body.Length <= BusDispatcher.MaxBytes ? body : throw new ArgumentException($"Message {method} has {body.Length} bytes; {BusDispatcher.MaxBytes} is the limit.", nameof(arguments));
    }
}
