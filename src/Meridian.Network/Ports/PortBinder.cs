// SPDX-License-Identifier: Apache-2.0
using Meridian.Network.Drivers;

namespace Meridian.Network.Ports;

/// <summary>Decides whether a port can hang on a host: with a real backend only where a live agent is. Agents are asked for at most every few seconds.</summary>
internal sealed class PortBinder(INetworkDriver driver, TimeProvider clock)
{
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(5);

    private volatile Seen? seen;

    /// <returns>The vif_type.</returns>
    public async Task<string> BindAsync(string host, string vnicType, CancellationToken cancellationToken)
    {
        if (host.Length == 0)
        {
            return PortBinding.Unbound;
        }

        if (vnicType != "normal")
        {
            return PortBinding.Failed;
        }

        return driver.Type == "simulated" || (await HostsAsync(cancellationToken)).Contains(host) ? PortBinding.Ovs : PortBinding.Failed;
    }

    private async Task<HashSet<string>> HostsAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (seen is { } known && now - known.At < Believed)
        {
            return known.Hosts;
        }

        var agents = await driver.ListAgentsAsync(cancellationToken);
        var hosts = agents.Where(a => a.Binary == "ovn-controller").Select(a => a.Host).ToHashSet(StringComparer.Ordinal);
        seen = new(hosts, now);
        return hosts;
    }

    private sealed record Seen(HashSet<string> Hosts, DateTimeOffset At);
}
