// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Messaging;

/// <summary>A message in the in-process broker: bytes, as on a wire.</summary>
/// <param name="Expired">Cancelled when nobody waits for the answer any more.</param>
internal sealed record FakeDelivery(byte[] Body, bool IsRedelivered = false, Action<byte[]>? Reply = null, CancellationToken Expired = default)
{
    /// <summary>The listeners that do not know it. What a listener knows never changes, so they are not offered it again.</summary>
    public HashSet<object> LeftBy { get; } = [];
}

/// <summary>A queue of the in-process broker. A message that a listener left waits for another one, however often the first comes again.</summary>
internal sealed class FakeQueue
{
    private readonly Lock gate = new();
    private readonly LinkedList<FakeDelivery> deliveries = [];
    private TaskCompletionSource put = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Put(FakeDelivery delivery)
    {
        lock (gate)
        {
            deliveries.AddLast(delivery);
            put.SetResult();
            put = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Puts a message back for any listener but this one.</summary>
    public void Leave(FakeDelivery delivery, object listener)
    {
        lock (gate)
        {
            delivery.LeftBy.Add(listener);
            Put(delivery);
        }
    }

    /// <summary>Waits until there is a message for the listener. Another one may yet be quicker to take it.</summary>
    public async Task WaitAsync(object listener, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (Find(listener) is not null)
                {
                    return;
                }

                next = put.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <returns>The oldest message for the listener; null when there is none.</returns>
    public FakeDelivery? Take(object listener)
    {
        lock (gate)
        {
            var found = Find(listener);
            if (found is not null)
            {
                deliveries.Remove(found);
            }

            return found?.Value;
        }
    }

    private LinkedListNode<FakeDelivery>? Find(object listener)
    {
        for (var node = deliveries.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Expired.IsCancellationRequested)
            {
                deliveries.Remove(node);
            }
            else if (!node.Value.LeftBy.Contains(listener))
            {
                return node;
            }

            node = next;
        }

        return null;
    }
}
