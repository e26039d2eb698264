// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Compute.Drivers;

/// <summary>All that a driver needs to know of a server. Only plain values: it travels to the host in a message.</summary>
internal sealed record GuestSpec
{
    public required string ServerId { get; init; }

    /// <summary>The guest's name at the hypervisor, as OS-EXT-SRV-ATTR:instance_name: "instance-0000000a".</summary>
    public required string Name { get; init; }

    public required string DisplayName { get; init; }
    public required string ProjectId { get; init; }
    public required string UserId { get; init; }
    public string? ProjectName { get; init; }
    public string? UserName { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required GuestFlavor Flavor { get; init; }

    /// <summary>Null for a server that boots from a volume.</summary>
    public GuestImage? Image { get; init; }

    public IReadOnlyList<GuestVif> Vifs { get; init; } = [];

    /// <summary>Path → content of the config drive, such as "openstack/latest/meta_data.json"; empty for none.</summary>
    public IReadOnlyDictionary<string, byte[]> ConfigDrive { get; init; } = new Dictionary<string, byte[]>();
}

internal sealed record GuestFlavor
{
    public required string Name { get; init; }
    public required int Vcpus { get; init; }
    public required int MemoryMib { get; init; }

    /// <summary>Zero: the root disk is as large as the image says.</summary>
    public required int DiskGib { get; init; }

    public int EphemeralGib { get; init; }
    public int SwapMib { get; init; }
    public IReadOnlyDictionary<string, string> ExtraSpecs { get; init; } = new Dictionary<string, string>();
}

/// <summary>An image that lies in the host's cache already, inspected: see Agent/ImageCache.</summary>
internal sealed record GuestImage
{
    public required string Id { get; init; }

    /// <summary>The cached file. Guests' disks are copies or overlays of it; it is never written.</summary>
    public required string Path { get; init; }

    /// <summary>"qcow2" or "raw", found by inspection and given to every program that opens the file.</summary>
    public required string Format { get; init; }

    public required long VirtualSizeBytes { get; init; }

    /// <summary>hw_* and os_* properties of the image.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}

/// <summary>One network interface, as neutron's port binding describes it.</summary>
internal sealed record GuestVif
{
    public required string PortId { get; init; }
    public required string NetworkId { get; init; }
    public required string MacAddress { get; init; }

    /// <summary>The tap device: "tap" and the first eleven characters of the port's id, as every OpenStack tool expects.</summary>
    public required string TapName { get; init; }

    public required int Mtu { get; init; }

    /// <summary>binding:vif_type, such as "ovs".</summary>
    public string VifType { get; init; } = "ovs";

    /// <summary>binding:vif_details as text values, such as bridge_name → br-int.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = new Dictionary<string, string>();

    /// <summary>Fixed addresses, for the metadata in the guest's definition.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    public static string TapNameOf(string portId) => "tap" + portId[..11];
}
