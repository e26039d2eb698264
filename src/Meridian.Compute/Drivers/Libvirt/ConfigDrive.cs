// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>Writes the config drive: an ISO 9660 file system labelled "config-2". Source: nova's user documentation, "Config drives".</summary>
internal static class ConfigDrive
{
    private static readonly UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <param name="files">Path in the drive → content.</param>
    /// <param name="target">An existing file beside which there's room for a scratch folder.</param>
    /// <param name="user">The user that the tool runs as; null for this process's.</param>
    /// <param name="cancellationToken">Ends the tool.</param>
    public static async Task WriteAsync(IReadOnlyDictionary<string, byte[]> files, string target, int? user, CancellationToken cancellationToken)
    {
        var folder = target + ".d";
        try
        {
            MakeFolder(folder, user);
            foreach (var (path, content) in files)
            {
                var file = folder;
                var parts = path.Split('/');
                foreach (var part in parts[..^1])
                {
                    MakeFolder(file = Path.Combine(file, Checked(part)), user);
                }

                file = Path.Combine(file, Checked(parts[^1]));
                await File.WriteAllBytesAsync(file, content, cancellationToken);
                Give(file, user);
            }

            await using var output = File.OpenWrite(target);
            await ProcessRunner.RunAsync(
                "genisoimage", ["-quiet", "-l", "-allow-lowercase", "-allow-multidot", "-J", "-r", "-V", "config-2", "."],
                new() { Output = output, UserId = user, WorkingDirectory = folder, CpuSeconds = 30 },
                cancellationToken);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static string Checked(string part) => part.Length > 0 && part != "." && part != ".."
        ? part
        : throw new ArgumentException("A config drive's path has an empty part.", nameof(part));

    private static void MakeFolder(string folder, int? user)
    {
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, Private);
            Give(folder, user);
        }
    }

    private static void Give(string path, int? user)
    {
        if (user is { } id)
        {
            FileOwner.Change(path, id, id);
        }
    }
}
