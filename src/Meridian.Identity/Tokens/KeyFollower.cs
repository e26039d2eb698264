// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tokens;

/// <summary>
/// The keys of a repository, loaded anew as soon as the repository changes: operators rotate keys while tokens are being validated. A folder's time tells at once
/// of files that come and go; files that are written over in place, and folders of network file systems, are looked into once a second.
/// </summary>
/// <param name="stamp">When the repository changed last; any other value than before counts as a change.</param>
/// <param name="same">Whether two loads found the same keys.</param>
internal sealed class KeyFollower<TKeys>(Func<DateTime> stamp, Func<TKeys> load, Func<TKeys, TKeys, bool> same, TimeProvider clock)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private volatile Loaded? current;
    private long callers;

    public Loaded Get()
    {
        if (current is { } known && IsFresh(known))
        {
            return known;
        }

        var ticket = Interlocked.Increment(ref callers);
        lock (gate)
        {
            // What was read since this caller came is new enough: a crowd that waits here reads once.
            if (current is { } latest && latest.Callers >= ticket)
            {
                return latest;
            }

            var before = current;
            var (waiting, now, loadedAt, changedAt) = (Volatile.Read(ref callers), clock.GetUtcNow().UtcDateTime, clock.GetTimestamp(), stamp());
            var keys = load();
            var generation = before is null ? 1 : same(before.Keys, keys) ? before.Generation : before.Generation + 1;
            return current = new(keys, generation, changedAt, IsSettled: now - changedAt > Second, loadedAt, waiting);
        }
    }

    // A file system's clock ticks in milliseconds: a set that was read within a second of the last change may be half a rotation.
    private bool IsFresh(Loaded known) => known.IsSettled && clock.GetElapsedTime(known.LoadedAt) < Second && stamp() == known.ChangedAt;

    /// <param name="Generation">Rises when other keys were found than before.</param>
    /// <param name="Callers">How many had asked when the reading began.</param>
    internal sealed record Loaded(TKeys Keys, int Generation, DateTime ChangedAt, bool IsSettled, long LoadedAt, long Callers);
}
