// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers;

/// <summary>
/// Runs qemu-img in a folder, on relative names: its user needs no right over the folders above. Formats are always said, never guessed.
/// </summary>
internal static class QemuImg
{
    /// <summary>qemu-img starts up to 64 threads, each with 8 MiB of stack; below 1 GiB some can't start, and it aborts.</summary>
    private const long MemoryBytes = 2L << 30;

    // Each thread would otherwise reserve another 64 MiB of address space.
    private static readonly Dictionary<string, string> OneArena = new() { ["MALLOC_ARENA_MAX"] = "1" };

    /// <exception cref="ProcessException">It failed, or took too long.</exception>
    public static Task RunAsync(QemuImgOptions options, CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        ProcessRunner.RunAsync("qemu-img", arguments, new()
        {
            Timeout = options.Timeout,
            UserId = options.UserId,
            GroupId = options.GroupId,
            AddressSpaceBytes = MemoryBytes,
            FileSizeBytes = options.FileSizeBytes,
            WorkingDirectory = options.Directory,
            Environment = OneArena,
        }, cancellationToken);
}

/// <param name="UserId">Null for this process's user.</param>
/// <param name="FileSizeBytes">The largest file that it may write; null for any.</param>
internal sealed record QemuImgOptions(string Directory, TimeSpan Timeout, int? UserId, int? GroupId = null, long? FileSizeBytes = null);
