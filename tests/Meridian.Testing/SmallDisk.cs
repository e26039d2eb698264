// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Meridian.Testing;

/// <summary>A file system of a few MiB mounted at a folder, as root: it really becomes full.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string filler;

    /// <param name="folder">Made where it is missing; what it holds is hidden while mounted.</param>
    public SmallDisk(string folder, int mebibytes)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        filler = Path.Combine(Folder, "filler");
        Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m,mode=755"), "meridian-test", Folder);
    }

    public string Folder { get; }

    /// <summary>Writes until nothing more fits.</summary>
    public void Fill()
    {
        using var file = new FileStream(filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void MakeRoom() => File.Delete(filler);

    /// <summary>Files and folders, the filler apart.</summary>
    public IReadOnlyList<string> Entries() =>
        [.. Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories).Where(path => path != filler).Select(path => Path.GetRelativePath(Folder, path))];

    public void Dispose() => Run("umount", "--lazy", Folder);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true }) ?? throw new InvalidOperationException(program);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new Win32Exception(process.ExitCode, $"{program} {string.Join(' ', arguments)}: {error}");
        }
    }
}
