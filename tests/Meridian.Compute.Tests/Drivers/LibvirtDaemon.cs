// SPDX-License-Identifier: Apache-2.0

using System.Diagnostics;
using Meridian.Compute.Tests.Drivers;
using Meridian.Platform.Processes;
using Meridian.Testing;

[assembly: AssemblyFixture(typeof(LibvirtDaemon))]

namespace Meridian.Compute.Tests.Drivers;

/// <summary>A libvirtd of the tests' own, in a private mount namespace; started by the first test that needs it.</summary>
public sealed class LibvirtDaemon : IAsyncDisposable
{
    private const string Script = """
        set -e
        for pair in etc:/etc/libvirt run:/run/libvirt lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
          mkdir -p "$1/${pair%%:*}" "${pair#*:}"
          mount --bind "$1/${pair%%:*}" "${pair#*:}"
        done
        exec /usr/sbin/libvirtd -d -f "$1/etc/libvirtd.conf" -p "$1/run/libvirtd.pid"
        """;

    private readonly TemporaryFolder folder = new();
    private readonly SemaphoreSlim starting = new(1, 1);

    public string Uri => $"qemu+unix:///system?socket={folder.Path}/run/libvirt-sock";

    public string InstancesPath => folder.File("instances");

    public async Task EnsureStartedAsync()
    {
        await starting.WaitAsync();
        try
        {
            if (FindProcess() is { } running)
            {
                running.Dispose();
                return;
            }

            File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
            foreach (var name in (string[])["etc", "run", "lib", "log", "cache", "instances"])
            {
                Directory.CreateDirectory(folder.File(name));
            }

            await File.WriteAllTextAsync(
                folder.File("etc/libvirtd.conf"),
                $"unix_sock_dir = \"{folder.Path}/run\"\nunix_sock_group = \"root\"\nauth_unix_rw = \"none\"\nhost_uuid = \"{Guid.NewGuid():D}\"\nlog_outputs = \"3:file:{folder.Path}/log/libvirtd.log\"\n");
            await File.WriteAllTextAsync(
                folder.File("etc/qemu.conf"),
                "user = \"libvirt-qemu\"\ngroup = \"kvm\"\ndynamic_ownership = 0\nremember_owner = 0\nsecurity_driver = \"none\"\ncgroup_controllers = [ ]\nnamespaces = [ ]\nstdio_handler = \"file\"\n");
            File.Delete(folder.File("run/libvirtd.pid"));
            File.Delete(folder.File("run/libvirt-sock"));
            await ProcessRunner.RunAsync(
                "unshare", ["--mount", "--propagation", "private", "/bin/sh", "-c", Script, "libvirt", folder.Path], ProcessOptions.Default, CancellationToken.None);
            Assert.True(await Wait.UntilAsync(() => File.Exists(folder.File("run/libvirt-sock"))), "libvirtd did not come up");
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>As by kill -9: guests stay.</summary>
    public async Task KillAsync()
    {
        using var process = FindProcess();
        process!.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var file in Directory.Exists(folder.File("run/qemu")) ? Directory.EnumerateFiles(folder.File("run/qemu"), "*.pid") : [])
        {
            using var guest = FindProcess(file, "qemu-system");
            guest?.Kill();
        }

        if (FindProcess() is { } daemon)
        {
            daemon.Kill();
            await daemon.WaitForExitAsync();
            daemon.Dispose();
        }

        folder.Dispose();
        starting.Dispose();
    }

    private Process? FindProcess() => FindProcess(folder.File("run/libvirtd.pid"), "libvirtd");

    private static Process? FindProcess(string pidFile, string program)
    {
        try
        {
            var pid = int.Parse(File.ReadAllText(pidFile));
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(program, StringComparison.Ordinal) ? Process.GetProcessById(pid) : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return null;
        }
    }
}
