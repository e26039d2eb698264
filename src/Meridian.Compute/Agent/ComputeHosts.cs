// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

using Meridian.Compute.Drivers;
using Meridian.Compute.Drivers.Libvirt;
using Meridian.Compute.Drivers.Simulated;
using Meridian.Platform.Config;

using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Agent;

/// <summary>The hosts that this nova-compute stands for: one, or with the simulated driver as many as [simulated] hosts says.</summary>
internal sealed class ComputeHosts : IAsyncDisposable
{
    public ComputeHosts(ServiceConfig config, DriverFactory drivers, ILoggerFactory loggers)
    {
        var host = config.Get(NovaOptions.Host) ?? Environment.MachineName;
        var state = config.Get(NovaOptions.StatePath)!;
        var logger = loggers.CreateLogger<ComputeHost>();
        var count = drivers.IsSimulated ? config.Get(SimulatedOptions.Hosts) : 1;
        All = [.. Enumerable.Range(1, count).Select(number =>
        {
            var name = count == 1 ? host : $"{host}-{number}";
            var directory = Path.Combine(config.Get(NovaOptions.InstancesPath)!, drivers.IsSimulated ? Path.Combine("simulated", name) : "");
            var identity = new HostIdentity(name, ProviderId(state, name), config.Get(NovaOptions.MyIp)!, directory);
            var (driver, images) = drivers.Make(identity);
            return new ComputeHost(identity, driver, images, config, logger);
        })];
    }

    public IReadOnlyList<ComputeHost> All { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in All)
        {
            await host.DisposeAsync();
        }
    }

    // Kept in a file as nova keeps compute_id: the host is the same one at placement after its name was changed back and forth.
    private static string ProviderId(string state, string name)
    {
        var file = Path.Combine(state, "compute_id", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16]);
        if (File.Exists(file) && Guid.TryParse(File.ReadAllText(file).Trim(), out var known))
        {
            return known.ToString("D");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var id = Guid.NewGuid().ToString("D");
        File.WriteAllText(file + ".new", id + "\n");
        File.Move(file + ".new", file, overwrite: true);
        return id;
    }
}

/// <summary>Makes the driver that [DEFAULT] compute_driver names.</summary>
internal sealed class DriverFactory(ServiceConfig config, Neighbours neighbours, TimeProvider clock, ILoggerFactory loggers, SimulatedFault? fault = null)
{
    public bool IsSimulated { get; } = config.Get(NovaOptions.ComputeDriver) switch
    {
        "simulated" => true,
        "libvirt.LibvirtDriver" => false,
        var name => throw new ConfigException($"{config.Describe(NovaOptions.ComputeDriver)} is \"{name}\"; expected libvirt.LibvirtDriver or simulated."),
    };

    public (IHypervisorDriver Driver, IGuestImages Images) Make(HostIdentity identity) => IsSimulated
        ? (new SimulatedHypervisorDriver(
            new(identity.Host, identity.Directory, config.Get(SimulatedOptions.Vcpus), config.Get(SimulatedOptions.MemoryMib), config.Get(SimulatedOptions.DiskGib)), clock, fault),
            new NoGuestImages())
        : LibvirtComposition.Make(
            config, identity.Host, identity.Directory,
            new((id, token) => neighbours.Image(null).FindAsync(id, token), (id, token) => neighbours.Image(null).FindDataAsync(id, token)), clock, loggers);
}
