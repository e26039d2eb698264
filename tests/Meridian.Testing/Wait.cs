// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Testing;

/// <summary>Waits for a condition with a limit, in place of sleeping.</summary>
public static class Wait
{
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(20);

    /// <returns>False when the limit passed first.</returns>
    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan? limit = null) =>
        UntilAsync(() => Task.FromResult(condition()), limit);

    /// <returns>False when the limit passed first.</returns>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > (limit ?? DefaultLimit))
            {
                return false;
            }

            await Task.Delay(clock.ElapsedMilliseconds < 500 ? 5 : 50);
        }

        return true;
    }
}
