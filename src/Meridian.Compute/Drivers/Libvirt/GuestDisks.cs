// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>
/// Makes a guest's files. Each is made under another name and renamed when whole, so that what has its own name is complete. The folder is
/// root's; only the files belong to QEMU's user, which therefore can't put others in their place.
/// </summary>
/// <param name="host">Where, and as which user tools run.</param>
/// <param name="owner">QEMU's user and group; null to leave files to this process's user.</param>
internal sealed class GuestDisks(LibvirtHost host, (int User, int Group)? owner)
{
    private static readonly UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly UnixFileMode FolderMode =
        FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly TimeSpan CopyTime = TimeSpan.FromMinutes(30);
    private const long Gib = 1L << 30;
    private const long Mib = 1L << 20;

    /// <summary>Makes what is missing.</summary>
    /// <exception cref="HypervisorException">The flavor's disk is smaller than the image, or a tool failed; a full disk leaves nothing half made.</exception>
    public async Task EnsureAsync(GuestSpec spec, CancellationToken cancellationToken)
    {
        var paths = new GuestPaths(host.InstancesPath, spec.ServerId);
        try
        {
            Directory.CreateDirectory(paths.Directory, FolderMode);
            EnsureConsole(paths);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException($"The server's folder could not be made: {HostFault.Reason(e)}", e);
        }

        if (spec.Image is { } image)
        {
            await EnsureAsync(paths.Disk, file => MakeRootAsync(file, spec.Flavor, image, cancellationToken));
        }

        if (spec.Flavor.EphemeralGib > 0)
        {
            await EnsureAsync(paths.Ephemeral, file => MakeEmpty(file, spec.Flavor.EphemeralGib * Gib));
        }

        if (spec.Flavor.SwapMib > 0)
        {
            await EnsureAsync(paths.Swap, file => MakeEmpty(file, spec.Flavor.SwapMib * Mib));
        }

        if (spec.ConfigDrive.Count > 0)
        {
            await EnsureAsync(paths.ConfigDrive, file => ConfigDrive.WriteAsync(spec.ConfigDrive, file, host.ToolUserId, cancellationToken));
        }
    }

    /// <summary>The console's file must be there before QEMU, which may not make files in the folder.</summary>
    public void EnsureConsole(GuestPaths paths)
    {
        if (!File.Exists(paths.Console))
        {
            File.WriteAllBytes(paths.Console, []);
            Give(paths.Console, owner);
        }
    }

    /// <summary>Removes all files of the server, in a way that a repetition completes.</summary>
    public static void Delete(GuestPaths paths)
    {
        var doomed = paths.Directory + "_del";
        if (Directory.Exists(doomed))
        {
            Directory.Delete(doomed, recursive: true);
        }

        if (Directory.Exists(paths.Directory))
        {
            Directory.Move(paths.Directory, doomed);
            Directory.Delete(doomed, recursive: true);
        }
    }

    private async Task EnsureAsync(string file, Func<string, Task> make)
    {
        if (File.Exists(file))
        {
            return;
        }

        var unfinished = file + ".new";
        try
        {
            await File.WriteAllBytesAsync(unfinished, [], CancellationToken.None);
            Give(unfinished, host.ToolUserId is { } tool ? (tool, tool) : null);
            await make(unfinished);
            Give(unfinished, owner ?? (host.ToolUserId is null ? null : (0, 0)));
            File.Move(unfinished, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProcessException)
        {
            throw new HypervisorException($"{Path.GetFileName(file)} could not be made: {HostFault.Reason(e)}", e);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private async Task MakeRootAsync(string file, GuestFlavor flavor, GuestImage image, CancellationToken cancellationToken)
    {
        var size = flavor.DiskGib * Gib;
        if (size == 0)
        {
            size = image.VirtualSizeBytes;
        }
        else if (size < image.VirtualSizeBytes)
        {
            throw new HypervisorException(
                $"Flavor's disk is too small for requested image. Flavor disk is {size} bytes, image is {image.VirtualSizeBytes} bytes.");
        }

        // qemu-img doesn't open the image when it makes an overlay (-u): format and size were found by inspection and are said.
        var name = Path.GetFileName(file);
        LetRead(image.Path);
        if (host.ImagesType == "raw")
        {
            var source = Path.GetRelativePath(Path.GetDirectoryName(file)!, image.Path);
            await ToolAsync(file, CopyTime, cancellationToken, "convert", "-f", image.Format, "-O", "raw", source, name);
            await ToolAsync(file, CopyTime, cancellationToken, "resize", "-q", "-f", "raw", name, $"{size}");
        }
        else
        {
            await ToolAsync(file, TimeSpan.FromSeconds(30), cancellationToken,
                "create", "-q", "-f", "qcow2", "-F", image.Format, "-u", "-b", image.Path, name, $"{size}");
        }
    }

    private static Task MakeEmpty(string file, long bytes)
    {
        using var stream = File.OpenWrite(file);
        stream.SetLength(bytes);
        return Task.CompletedTask;
    }

    private Task ToolAsync(string file, TimeSpan timeout, CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        QemuImg.RunAsync(
            new(Path.GetDirectoryName(file)!, timeout, host.ToolUserId, host.ToolUserId is null ? null : owner?.Group), cancellationToken, arguments);

    /// <summary>QEMU's group may read the cached image; only root may write it.</summary>
    private void LetRead(string image)
    {
        if (owner is { Group: var group } && Environment.IsPrivilegedProcess && File.Exists(image))
        {
            FileOwner.Change(image, 0, group);
            File.SetUnixFileMode(image, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }
    }

    private static void Give(string file, (int User, int Group)? to)
    {
        if (to is { } found && Environment.IsPrivilegedProcess)
        {
            FileOwner.Change(file, found.User, found.Group);
            File.SetUnixFileMode(file, FileMode);
        }
    }
}
