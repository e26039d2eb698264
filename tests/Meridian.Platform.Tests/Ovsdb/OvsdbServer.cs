// SPDX-License-Identifier: Apache-2.0

using System.Diagnostics;

namespace Meridian.Platform.Tests.Ovsdb;

/// <summary>A real ovsdb-server on a unix socket in a folder of its own; needs no root.</summary>
public sealed class OvsdbServer : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("meridian-ovsdb").CreateSubdirectory(new string('d', 100)).FullName;
    private Process? process;

    public string Remote => $"unix:{folder}/db.sock";

    public static bool IsInstalled => File.Exists("/usr/sbin/ovsdb-server") && File.Exists("/usr/share/ovn/ovn-nb.ovsschema");

    public async Task StartAsync()
    {
        if (!File.Exists($"{folder}/db"))
        {
            await Run("/usr/bin/ovsdb-tool", "create", $"{folder}/db", "/usr/share/ovn/ovn-nb.ovsschema").WaitForExitAsync();
        }

        process = Run("/usr/sbin/ovsdb-server", $"--remote=punix:{folder}/db.sock", $"--unixctl={folder}/ctl", "-vconsole:off", $"{folder}/db");
    }

    public async Task StopAsync()
    {
        process?.Kill();
        await process!.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await StopAsync();
        }

        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    private static Process Run(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments))!;
}
