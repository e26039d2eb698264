// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

namespace Meridian.Platform.Messaging;

/// <summary>The in-process broker of one fake:// URL: queues that outlive their listeners, and fan-outs to those that listen now.</summary>
internal sealed class FakeBroker
{
    private readonly ConcurrentDictionary<string, FakeQueue> queues = new();
    private readonly ConcurrentDictionary<(string Topic, object Listener), FakeQueue> fanouts = new();

    public FakeQueue Queue(string name) => queues.GetOrAdd(name, static _ => new());

    public FakeQueue JoinFanout(string topic, object listener) => fanouts.GetOrAdd((topic, listener), static _ => new());

    public void LeaveFanout(string topic, object listener) => fanouts.TryRemove((topic, listener), out _);

    public void Fanout(string topic, byte[] body)
    {
        foreach (var ((name, _), queue) in fanouts)
        {
            if (name == topic)
            {
                queue.Put(new(body));
            }
        }
    }
}
