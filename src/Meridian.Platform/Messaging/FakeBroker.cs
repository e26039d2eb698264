// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Meridian.Platform.Messaging;

/// <summary>A message in the in-process broker: bytes, as on a wire.</summary>
internal sealed record FakeDelivery(byte[] Body, bool IsRedelivered = false, Action<byte[]>? Reply = null, CancellationToken Expired = default);

/// <summary>The in-process broker of one fake:// URL: queues that outlive their listeners, and fan-outs to those that listen now.</summary>
internal sealed class FakeBroker
{
    private readonly ConcurrentDictionary<string, Channel<FakeDelivery>> queues = new();
    private readonly ConcurrentDictionary<(string Topic, object Listener), Channel<FakeDelivery>> fanouts = new();

    public Channel<FakeDelivery> Queue(string name) => queues.GetOrAdd(name, static _ => Channel.CreateUnbounded<FakeDelivery>());

    public Channel<FakeDelivery> JoinFanout(string topic, object listener) =>
        fanouts.GetOrAdd((topic, listener), static _ => Channel.CreateUnbounded<FakeDelivery>());

    public void LeaveFanout(string topic, object listener) => fanouts.TryRemove((topic, listener), out _);

    public void Fanout(string topic, byte[] body)
    {
        foreach (var ((name, _), queue) in fanouts)
        {
            if (name == topic)
            {
                queue.Writer.TryWrite(new(body));
            }
        }
    }
}
