// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Microsoft.Extensions.Logging;

using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Meridian.Platform.Messaging;

/// <summary>One endpoint's consumers: connects, declares, consumes, and begins again whenever the channel ends.</summary>
internal sealed partial class RabbitListener : IAsyncDisposable
{
    private static readonly TimeSpan LeaveFor = TimeSpan.FromSeconds(1);
    private readonly RabbitBus bus;
    private readonly BusEndpoint endpoint;
    private readonly ILogger logger;
    private readonly Action<RabbitListener> ended;
    private readonly BusDispatcher dispatcher;
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource firstTry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task loop;
    private int disposed;

    public RabbitListener(RabbitBus bus, BusEndpoint endpoint, ILogger logger, Action<RabbitListener> ended)
    {
        (this.bus, this.endpoint, this.logger, this.ended, dispatcher) = (bus, endpoint, logger, ended, new(endpoint, logger));
        loop = Task.Run(RunAsync);
    }

    /// <summary>Done when it listens, or when the broker turned out to be away.</summary>
    public Task FirstTry => firstTry.Task;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await stop.CancelAsync();
            await loop;
            stop.Dispose();
            ended(this);
        }
    }

    private async Task RunAsync()
    {
        var wasAway = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ConsumeUntilClosedAsync(() => wasAway = false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                if (!wasAway)
                {
                    LogAway(logger, e, endpoint.Topic);
                }

                wasAway = true;
            }

            firstTry.TrySetResult();
            await Task.Delay(bus.ReconnectDelay, bus.Clock, stop.Token).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ConsumeUntilClosedAsync(Action listening)
    {
        var connection = await bus.ConnectAsync(stop.Token);
        await using var channel = await connection.OpenChannelAsync(stop.Token);
        using var inFlight = new InFlight(channel);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        await channel.BasicQosAsync(0, (ushort)endpoint.Concurrency, global: true, stop.Token);

        var topic = RabbitBus.QueueOf(new(endpoint.Topic));
        await channel.QueueDeclareAsync(topic, durable: true, exclusive: false, autoDelete: false, cancellationToken: stop.Token);
        await ConsumeAsync(inFlight, topic, isOnlyReader: false);
        if (endpoint.Server is { } server)
        {
            var own = RabbitBus.QueueOf(new(endpoint.Topic, server));
            await channel.QueueDeclareAsync(own, durable: true, exclusive: false, autoDelete: false, cancellationToken: stop.Token);
            await ConsumeAsync(inFlight, own, isOnlyReader: true);
        }

        var (exchange, fanout) = (RabbitBus.FanoutOf(endpoint.Topic), $"{RabbitBus.FanoutOf(endpoint.Topic)}.{Guid.NewGuid():N}");
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: stop.Token);
        await channel.QueueDeclareAsync(fanout, durable: false, exclusive: true, autoDelete: true, cancellationToken: stop.Token);
        await channel.QueueBindAsync(fanout, exchange, "", cancellationToken: stop.Token);
        await ConsumeAsync(inFlight, fanout, isOnlyReader: true);
        listening();
        firstTry.TrySetResult();
        await closed.Task.WaitAsync(stop.Token);
        LogClosed(logger, endpoint.Topic);
    }

    private async Task ConsumeAsync(InFlight inFlight, string queue, bool isOnlyReader)
    {
        var consumer = new AsyncEventingBasicConsumer(inFlight.Channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            // The body's memory is the library's and ends with this call; what is too large to be handled isn't copied.
            var body = delivery.Body.Length > BusDispatcher.MaxBytes ? delivery.Body : delivery.Body.ToArray();
            _ = HandleAsync(inFlight, delivery, body, isOnlyReader);
            return Task.CompletedTask;
        };
        await inFlight.Channel.BasicConsumeAsync(queue, autoAck: false, consumer, stop.Token);
    }

    private async Task HandleAsync(InFlight inFlight, BasicDeliverEventArgs delivery, ReadOnlyMemory<byte> body, bool isOnlyReader)
    {
        try
        {
            var (replyTo, id) = (delivery.BasicProperties.ReplyTo, delivery.BasicProperties.CorrelationId);
            Func<BusReply, Task>? reply = replyTo is null ? null : answer => bus.PublishAsync(
                null, "", replyTo, new() { CorrelationId = id }, JsonSerializer.SerializeToUtf8Bytes(answer, BusJson.Default.BusReply), stop.Token);
            var verdict = await dispatcher.DispatchAsync(body, isOnlyReader, delivery.Redelivered, reply, stop.Token);
            if (verdict == BusVerdict.Leave)
            {
                await Task.Delay(LeaveFor, bus.Clock, stop.Token);
            }

            await inFlight.SettleAsync(delivery.DeliveryTag, verdict == BusVerdict.Done, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The listener ends; the broker gives the message to another one.
        }
        catch (Exception e)
        {
            // The channel is gone: the broker gives the message out again.
            LogUnsettled(logger, e, endpoint.Topic);
        }
    }

    /// <summary>A channel takes one operation at a time.</summary>
    private sealed class InFlight(IChannel channel) : IDisposable
    {
        private readonly SemaphoreSlim gate = new(1, 1);

        public IChannel Channel => channel;

        public async Task SettleAsync(ulong tag, bool done, CancellationToken cancellationToken)
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                await (done ? channel.BasicAckAsync(tag, false, cancellationToken) : channel.BasicNackAsync(tag, false, true, cancellationToken));
            }
            finally
            {
                gate.Release();
            }
        }

        public void Dispose() => gate.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The message broker is away; {Topic} is listened to when it is back")]
    private static partial void LogAway(ILogger logger, Exception exception, string topic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The channel of {Topic} was closed; opening it again")]
    private static partial void LogClosed(ILogger logger, string topic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message to {Topic} could not be settled and will come again")]
    private static partial void LogUnsettled(ILogger logger, Exception exception, string topic);
}
