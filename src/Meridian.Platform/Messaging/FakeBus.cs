// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Text.Json;

using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Messaging;

/// <summary>transport_url = fake://: the bus of programs that share a process. Behaves as the real one does, but for surviving the process.</summary>
internal sealed class FakeBus(FakeBroker broker, TimeSpan defaultTimeout, ILogger<FakeBus> logger) : MessageBus(defaultTimeout)
{
    private readonly ConcurrentDictionary<Listener, bool> listeners = new();

    public override async ValueTask DisposeAsync()
    {
        foreach (var listener in listeners.Keys)
        {
            await listener.DisposeAsync();
        }
    }

    public override Task<IAsyncDisposable> ListenAsync(BusEndpoint endpoint, CancellationToken cancellationToken)
    {
        var listener = new Listener(this, endpoint);
        listeners[listener] = true;
        return Task.FromResult<IAsyncDisposable>(listener);
    }

    protected override Task SendAsync(BusAddress to, byte[] body, CancellationToken cancellationToken)
    {
        broker.Queue(to.ToString()).Put(new(body));
        return Task.CompletedTask;
    }

    protected override Task SendToAllAsync(string topic, byte[] body, CancellationToken cancellationToken)
    {
        broker.Fanout(topic, body);
        return Task.CompletedTask;
    }

    protected override async Task<BusReply> AskAsync(BusAddress to, byte[] body, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        broker.Queue(to.ToString()).Put(new(body, Reply: reply => answer.TrySetResult(reply), Expired: cancellationToken));
        return JsonSerializer.Deserialize(await answer.Task.WaitAsync(cancellationToken), BusJson.Default.BusReply)!;
    }

    private sealed class Listener : IAsyncDisposable
    {
        private readonly FakeBus bus;
        private readonly BusEndpoint endpoint;
        private readonly BusDispatcher dispatcher;
        private readonly SemaphoreSlim slots;
        private readonly CancellationTokenSource stop = new();
        private readonly ConcurrentDictionary<Task, bool> running = new();
        private readonly Task[] readers;

        public Listener(FakeBus bus, BusEndpoint endpoint)
        {
            (this.bus, this.endpoint, dispatcher) = (bus, endpoint, new(endpoint, bus.Logger));
            slots = new(endpoint.Concurrency, endpoint.Concurrency);
            List<(FakeQueue, bool)> queues =
                [(bus.Broker.Queue(endpoint.Topic), false), (bus.Broker.JoinFanout(endpoint.Topic, this), true)];
            if (endpoint.Server is { } server)
            {
                queues.Add((bus.Broker.Queue(new BusAddress(endpoint.Topic, server).ToString()), true));
            }

            readers = [.. queues.Select(queue => ReadAsync(queue.Item1, queue.Item2))];
        }

        public async ValueTask DisposeAsync()
        {
            if (!bus.listeners.TryRemove(this, out _))
            {
                return;
            }

            bus.Broker.LeaveFanout(endpoint.Topic, this);
            await stop.CancelAsync();
            await Task.WhenAll(readers);
            await Task.WhenAll(running.Keys);
            stop.Dispose();
            slots.Dispose();
        }

        private async Task ReadAsync(FakeQueue queue, bool isOnlyReader)
        {
            try
            {
                while (true)
                {
                    await queue.WaitAsync(this, stop.Token);
                    await slots.WaitAsync(stop.Token);
                    if (queue.Take(this) is not { } delivery)
                    {
                        slots.Release(); // Another listener was quicker.
                        continue;
                    }

                    var task = Task.Run(() => HandleAsync(queue, delivery, isOnlyReader), CancellationToken.None);
                    running[task] = true;
                    _ = task.ContinueWith(ended => running.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
            catch (OperationCanceledException)
            {
                // The listener ends.
            }
        }

        private async Task HandleAsync(FakeQueue queue, FakeDelivery delivery, bool isOnlyReader)
        {
            try
            {
                Func<BusReply, Task>? reply = delivery.Reply is not { } answer ? null : value =>
                {
                    answer(JsonSerializer.SerializeToUtf8Bytes(value, BusJson.Default.BusReply));
                    return Task.CompletedTask;
                };
                if (await dispatcher.DispatchAsync(delivery.Body, isOnlyReader, delivery.IsRedelivered, reply, stop.Token) == BusVerdict.Leave)
                {
                    queue.Leave(delivery, this);
                }
            }
            catch (OperationCanceledException)
            {
                queue.Put(delivery with { IsRedelivered = true });
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private FakeBroker Broker => broker;

    private ILogger Logger => logger;
}
