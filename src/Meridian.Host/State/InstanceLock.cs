// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Host.State;

/// <summary>
/// One control process a state directory: a lock on run/meridian.lock that the kernel lets go of with its owner, so that a dead owner's needs no clearing up.
/// Its process id stands beside it, as a locked file cannot be read.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream file;

    private InstanceLock(FileStream file)
    {
        this.file = file;
    }

    private static string PathOf(StateDirectory state) => Path.Combine(state.Run, "meridian.lock");

    private static string PidPathOf(StateDirectory state) => Path.Combine(state.Run, "meridian.pid");

    /// <exception cref="ConfigException">Another control process runs.</exception>
    public static async Task<InstanceLock> TakeAsync(StateDirectory state, CancellationToken cancellationToken) =>
        await TryTakeAsync(state, cancellationToken) ?? throw new ConfigException($"Meridian already runs from {state.Root} (process {FindOwner(state)}): see `meridian status`, or end it with `meridian down`.");

    /// <returns>Null when another process holds it.</returns>
    public static async Task<InstanceLock?> TryTakeAsync(StateDirectory state, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(state.Run);
        FileStream? file = null;
        for (var attempt = 0; file is null; attempt++)
        {
            try
            {
                file = new(PathOf(state), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 3)
            {
                // `status` holds the lock for an instant while it looks.
                await Task.Delay(20, cancellationToken);
            }
            catch (IOException)
            {
                return null;
            }
        }

        await File.WriteAllTextAsync(PidPathOf(state), $"{Environment.ProcessId}\n", cancellationToken);
        return new(file);
    }

    /// <returns>The process id of the control process; null when none runs.</returns>
    public static int? FindOwner(StateDirectory state)
    {
        if (!File.Exists(PathOf(state)))
        {
            return null;
        }

        try
        {
            using var free = new FileStream(PathOf(state), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (IOException)
        {
            return int.TryParse(File.ReadAllText(PidPathOf(state)).Trim(), out var pid) ? pid : 0;
        }
    }

    public void Dispose() => file.Dispose();
}
