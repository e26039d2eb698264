// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

using Microsoft.Extensions.Logging;

using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Meridian.Platform.Messaging;

/// <summary>
/// transport_url = rabbit://: AMQP 0-9-1 with publisher confirms. Queues for work are durable and acknowledged after handling; replies and fan-outs are
/// transient. Nothing is connected before its first use; a connection that breaks is replaced, and listeners come back by themselves.
/// </summary>
internal sealed class RabbitBus(TransportUrl url, RabbitSettings settings, TimeSpan defaultTimeout, TimeProvider clock, ILogger<RabbitBus> logger)
    : MessageBus(defaultTimeout)
{
    private readonly string replyQueue = $"meridian.reply.{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<string, TaskCompletionSource<BusReply>> calls = new();
    private readonly ConcurrentDictionary<RabbitListener, bool> listeners = new();
    private readonly SemaphoreSlim connecting = new(1, 1);
    private RabbitConnection? connection;
    private RabbitConnection? replyConnection;

    public TimeSpan ReconnectDelay => settings.ReconnectDelay;

    public TimeProvider Clock => clock;

    // Names of our own: a vhost may be shared with real OpenStack services.
    public static string QueueOf(BusAddress address) => $"meridian.{address}";

    public static string FanoutOf(string topic) => $"meridian.{topic}.fanout";

    public override async Task<IAsyncDisposable> ListenAsync(BusEndpoint endpoint, CancellationToken cancellationToken)
    {
        var listener = new RabbitListener(this, endpoint, logger, ended => listeners.TryRemove(ended, out _));
        listeners[listener] = true;
        await listener.FirstTry.WaitAsync(cancellationToken);
        return listener;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var listener in listeners.Keys)
        {
            await listener.DisposeAsync();
        }

        if (Interlocked.Exchange(ref connection, null) is { } open)
        {
            await open.DisposeAsync();
        }

        connecting.Dispose();
    }

    /// <exception cref="BusUnavailableException">No broker answers.</exception>
    public async Task<RabbitConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (connection is { IsOpen: true } open)
        {
            return open;
        }

        await connecting.WaitAsync(cancellationToken);
        try
        {
            if (connection is { IsOpen: true } other)
            {
                return other;
            }

            if (connection is { } broken)
            {
                connection = null;
                await broken.DisposeAsync();
            }

            return connection = await RabbitConnection.OpenAsync(url, settings, logger, cancellationToken);
        }
        finally
        {
            connecting.Release();
        }
    }

    /// <summary>Publishes over the connection that there is; once more over a new one when that turns out to be broken.</summary>
    public async Task PublishAsync(
        Func<RabbitConnection, Task>? prepareAsync, string exchange, string key, BasicProperties properties, byte[] body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var open = await ConnectAsync(cancellationToken);
            try
            {
                if (prepareAsync is not null)
                {
                    await prepareAsync(open);
                }

                await open.PublishAsync(exchange, key, properties, body, cancellationToken);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                if (attempt == 2 || open.IsOpen)
                {
                    throw new BusUnavailableException($"The message broker {url} did not take a message: {e.Message}", e);
                }
            }
        }
    }

    protected override Task SendAsync(BusAddress to, byte[] body, CancellationToken cancellationToken)
    {
        var queue = QueueOf(to);
        return PublishAsync(open => open.DeclareQueueAsync(queue, cancellationToken), "", queue, new() { Persistent = true }, body, cancellationToken);
    }

    protected override Task SendToAllAsync(string topic, byte[] body, CancellationToken cancellationToken)
    {
        var exchange = FanoutOf(topic);
        return PublishAsync(open => open.DeclareFanoutAsync(exchange, cancellationToken), exchange, "", new(), body, cancellationToken);
    }

    protected override async Task<BusReply> AskAsync(BusAddress to, byte[] body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var queue = QueueOf(to);
        var id = Guid.NewGuid().ToString("N");
        var answer = new TaskCompletionSource<BusReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        calls[id] = answer;
        try
        {
            var properties = new BasicProperties
            {
                // The broker drops it when nobody took it while the caller waited.
                CorrelationId = id, ReplyTo = replyQueue, Expiration = ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            };
            await PublishAsync(
                async open =>
                {
                    await ConsumeRepliesAsync(open, cancellationToken);
                    await open.DeclareQueueAsync(queue, cancellationToken);
                },
                "", queue, properties, body, cancellationToken);
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            calls.TryRemove(id, out _);
        }
    }

    private async Task ConsumeRepliesAsync(RabbitConnection open, CancellationToken cancellationToken)
    {
        if (replyConnection == open)
        {
            return;
        }

        await connecting.WaitAsync(cancellationToken);
        try
        {
            if (replyConnection == open)
            {
                return;
            }

            var channel = await open.OpenChannelAsync(cancellationToken);
            await channel.QueueDeclareAsync(replyQueue, durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken);
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, delivery) =>
            {
                if (delivery.BasicProperties.CorrelationId is { } id && calls.TryGetValue(id, out var answer))
                {
                    answer.TrySetResult(ReadReply(delivery.Body.Span));
                }

                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(replyQueue, autoAck: true, consumer, cancellationToken);
            open.OnLost(FailCalls);
            replyConnection = open;
        }
        finally
        {
            connecting.Release();
        }
    }

    /// <summary>The reply queue went with the connection: nothing will answer the calls under way.</summary>
    private void FailCalls()
    {
        foreach (var (_, call) in calls)
        {
            call.TrySetException(new BusUnavailableException($"The connection to the message broker {url} was lost while a call waited for its answer."));
        }
    }

    private static BusReply ReadReply(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, BusJson.Default.BusReply) ?? new(null, nameof(JsonException), "The answer is empty.");
        }
        catch (JsonException e)
        {
            return new(null, nameof(JsonException), e.Message);
        }
    }
}
