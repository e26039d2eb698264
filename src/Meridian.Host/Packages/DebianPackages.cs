// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Host.Output;
using Meridian.Host.Setup;
using Meridian.Platform.Config;
using Meridian.Platform.Processes;

namespace Meridian.Host.Packages;

/// <summary>
/// Installs the engines from Debian's packages with scripts/install-packages, which starts none of the distribution's daemons (DESIGN 25). The user is
/// told first what will be installed.
/// </summary>
internal sealed class DebianPackages(Installation installation, Steps steps)
{
    private const string Nothing = "All ";

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var script = installation.File("scripts/install-packages");
        if (Environment.UserName != "root" && !Environment.IsPrivilegedProcess)
        {
            throw new ConfigException("Real engines (QEMU, libvirt, OVN) need root: run this as root, or try `up --simulate`, which needs neither root nor packages.");
        }

        var wanted = await ProcessRunner.RunAsync(script, ["--for", "run", "--list"], ProcessOptions.Default, cancellationToken);
        if (wanted.Output.StartsWith(Nothing, StringComparison.Ordinal))
        {
            return;
        }

        steps.Say(wanted.Output.Trim());
        await steps.RunAsync("installing packages", () => InstallAsync(script, cancellationToken));
    }

    private async Task InstallAsync(string script, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(script, ["--for", "run"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var last = new Queue<string>();
        await Task.WhenAll(ReadAsync(process.StandardOutput, last, cancellationToken), ReadAsync(process.StandardError, last, cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new ConfigException($"Installing packages failed:\n  {string.Join("\n  ", last)}");
        }
    }

    private async Task ReadAsync(StreamReader output, Queue<string> last, CancellationToken cancellationToken)
    {
        while (await output.ReadLineAsync(cancellationToken) is { } line)
        {
            lock (last)
            {
                last.Enqueue(line);
                if (last.Count > 15)
                {
                    last.Dequeue();
                }
            }

            if (line.StartsWith("Get:", StringComparison.Ordinal) || line.StartsWith("Unpacking ", StringComparison.Ordinal) || line.StartsWith("Setting up ", StringComparison.Ordinal))
            {
                steps.Detail("installing packages", string.Join(' ', line.Split(' ').Take(3)));
            }
        }
    }
}
