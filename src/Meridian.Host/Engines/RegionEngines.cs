// SPDX-License-Identifier: Apache-2.0
using System.Net;

using Meridian.Host.State;

using Microsoft.Extensions.Logging;

namespace Meridian.Host.Engines;

/// <summary>The real engines of one region on this machine: OVN with its switch in a network namespace, and libvirtd.</summary>
internal sealed class RegionEngines
{
    /// <summary>The physical network of `public`, and the bridge that carries it.</summary>
    public const string PhysicalNetwork = "physnet1";

    private const string Bridge = "br-ex";

    private readonly RegionPlan plan;
    private readonly LibvirtEngine libvirt;

    public RegionEngines(CloudPlan cloud, RegionPlan plan, StateDirectory state, ILoggerFactory logs)
    {
        this.plan = plan;
        Ovn = new(
            new(Path.Combine(state.Lib(plan.Name), "ovn"), $"mer{cloud.Id}-{plan.Name.ToLowerInvariant()}", plan.HostName, new Dictionary<string, string> { [PhysicalNetwork] = Bridge }),
            logs.CreateLogger<OvnEngine>());
        libvirt = new(new(Path.Combine(state.Lib(plan.Name), "libvirt"), state.Root));
    }

    public OvnEngine Ovn { get; }

    /// <summary>For nova.conf's [libvirt] connection_uri.</summary>
    public string LibvirtUri => libvirt.ConnectionUri;

    public ProviderNetwork Provider => new(Ovn, IPNetwork.Parse(plan.ProviderCidr), IPAddress.Parse(plan.ProviderNetwork + ".1"), Bridge);

    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(Ovn.StartAsync(cancellationToken), libvirt.StartAsync(cancellationToken));

    /// <summary>Ends guests, then what carries their traffic.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await libvirt.StopAsync(endGuests: true, cancellationToken);
        await Ovn.RecoverNamespaceAsync(cancellationToken);
        await GuestLinks.RemoveAsync(Ovn.Settings.Namespace, cancellationToken);
        await Ovn.StopAsync(deleteNamespace: true, cancellationToken);
    }

    public IEnumerable<EngineStatus> Status()
    {
        var daemon = libvirt.Status();
        yield return Of("libvirtd", daemon.Pid, null);
        foreach (var guest in daemon.Guests)
        {
            yield return Of("qemu", guest, "guest");
        }

        foreach (var part in Ovn.Status())
        {
            yield return Of(part.Name, part.Pid, null);
        }
    }

    private EngineStatus Of(string engine, int? pid, string? note) => new(plan.Name, engine, pid is null ? EngineStatus.Stopped : "running", pid, note);
}
