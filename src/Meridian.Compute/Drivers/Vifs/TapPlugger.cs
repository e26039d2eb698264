// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Native;
using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers.Vifs;

/// <summary>Bare taps, connected to nothing: for vif type "tap".</summary>
internal sealed class TapPlugger : IVifPlugger
{
    private const string Devices = "/sys/class/net";

    public async Task PlugAsync(string serverId, GuestVif vif, CancellationToken cancellationToken)
    {
        string[] add = Exists(vif.TapName) ? [] : [$"tuntap add dev {vif.TapName} mode tap"];
        await RunAsync([.. add, $"link set dev {vif.TapName} mtu {vif.Mtu} up"], cancellationToken);
    }

    public Task UnplugAsync(string tapName, CancellationToken cancellationToken) =>
        Exists(tapName) ? RunAsync([$"link delete dev {tapName}"], cancellationToken) : Task.CompletedTask;

    public Task<IReadOnlyList<string>> ListTapsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([.. List()]);

    internal static bool Exists(string device) => Directory.Exists(Path.Combine(Devices, device));

    internal static IEnumerable<string> List() =>
        Directory.EnumerateFileSystemEntries(Devices).Select(e => Path.GetFileName(e)).Where(n => n.StartsWith("tap", StringComparison.Ordinal));

    private static async Task RunAsync(string[] commands, CancellationToken cancellationToken)
    {
        try
        {
            await NetworkLinks.BatchAsync(null, commands, cancellationToken);
        }
        catch (ProcessException e)
        {
            throw new HypervisorException($"A network device could not be changed: {e.Message}", e);
        }
    }
}
