// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Agent;
using Meridian.Compute.Drivers;
using Meridian.Compute.Metadata;
using Meridian.Platform.Config;

namespace Meridian.Compute.Servers;

/// <summary>Makes what a host needs to know of a server.</summary>
internal sealed class GuestSpecs(ServiceConfig config, InstanceMetadata metadata)
{
    private readonly string template = config.Get(NovaOptions.InstanceNameTemplate)!;

    public async Task<BuildGuest> BuildAsync(Server server, CancellationToken cancellationToken, bool hard = false)
    {
        var flavor = server.Flavor();
        var spec = new GuestSpec
        {
            ServerId = server.Id,
            Name = GuestName.Of(template, server),
            DisplayName = server.Name,
            ProjectId = server.ProjectId,
            UserId = server.UserId,
            CreatedAt = new DateTimeOffset(server.CreatedAt, TimeSpan.Zero),
            Flavor = new()
            {
                Name = flavor.Name, Vcpus = flavor.Vcpus, MemoryMib = flavor.MemoryMib, DiskGib = flavor.DiskGib, EphemeralGib = flavor.EphemeralGib,
                SwapMib = flavor.SwapMib, ExtraSpecs = flavor.ExtraSpecs,
            },
            Vifs = Vifs(server),
            ConfigDrive = server.ConfigDrive ? await metadata.ConfigDriveAsync(server, cancellationToken) : new Dictionary<string, byte[]>(),
        };
        return new(spec, server.ImageId, server.ImageProperties(), hard);
    }

    public static List<GuestVif> Vifs(Server server) =>
    [
        .. server.NetworkInfo().Select(port => new GuestVif
        {
            PortId = port.PortId,
            NetworkId = port.NetworkId,
            MacAddress = port.MacAddress,
            TapName = GuestVif.TapNameOf(port.PortId),
            Mtu = port.Mtu,
            VifType = port.VifType.Length == 0 ? "ovs" : port.VifType,
            Details = port.VifDetails,
            Addresses = [.. port.FixedIps.Select(ip => ip.Address)],
        }),
    ];
}
