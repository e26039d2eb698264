// SPDX-License-Identifier: Apache-2.0
using System.Threading.Channels;

namespace Meridian.Network.Northbound;

/// <summary>Wakes the writer to the backend and the sender of events after a commit; several pokes count as one.</summary>
internal sealed class ChangeSignal
{
    private readonly Channel<bool> writer = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> events = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ChannelReader<bool> Writer => writer.Reader;

    public ChannelReader<bool> Events => events.Reader;

    public void Poke()
    {
        writer.Writer.TryWrite(true);
        events.Writer.TryWrite(true);
    }

    public void PokeEvents() => events.Writer.TryWrite(true);

    /// <summary>Returns when poked, or after the time.</summary>
    public static async Task WaitAsync(ChannelReader<bool> reader, TimeSpan atMost, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = clock.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), timeout, atMost, Timeout.InfiniteTimeSpan);
        try
        {
            await reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody poked: look anyway.
        }
    }
}
