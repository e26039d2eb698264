// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers.Vifs;

/// <summary>Bare taps, connected to nothing: for vif type "tap", and the first step of every other.</summary>
internal sealed class TapPlugger : IVifPlugger
{
    private const string Devices = "/sys/class/net";

    public async Task PlugAsync(string serverId, GuestVif vif, CancellationToken cancellationToken)
    {
        await IpAsync(Exists(vif.TapName) ? "" : $"tuntap add dev {vif.TapName} mode tap\n", cancellationToken);
        await IpAsync($"link set dev {vif.TapName} mtu {vif.Mtu}\nlink set dev {vif.TapName} up\n", cancellationToken);
    }

    public Task UnplugAsync(string tapName, CancellationToken cancellationToken) =>
        IpAsync(Exists(tapName) ? $"link delete dev {tapName}\n" : "", cancellationToken);

    public Task<IReadOnlyList<string>> ListTapsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFileSystemEntries(Devices).Select(Path.GetFileName).OfType<string>().Where(n => n.StartsWith("tap", StringComparison.Ordinal))]);

    internal static bool Exists(string device) => Directory.Exists(Path.Combine(Devices, device));

    /// <summary>Runs all commands in one process.</summary>
    internal static async Task IpAsync(string commands, CancellationToken cancellationToken)
    {
        if (commands.Length == 0)
        {
            return;
        }

        using var input = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(commands));
        try
        {
            await ProcessRunner.RunAsync("ip", ["-batch", "-"], new() { Input = input, Timeout = TimeSpan.FromSeconds(10) }, cancellationToken);
        }
        catch (ProcessException e)
        {
            throw new HypervisorException($"A network device could not be changed: {e.Message}", e);
        }
    }
}
