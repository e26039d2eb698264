// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Placement.ResourceClasses;

/// <summary>A resource class that an operator added; its name starts with CUSTOM_.</summary>
[Table("custom_resource_classes")]
internal sealed class ResourceClass
{
    /// <summary>Those of every cloud, in the order of os-resource-classes.</summary>
    public static readonly IReadOnlyList<string> Standard =
    [
        "VCPU", "MEMORY_MB", "DISK_GB", "PCI_DEVICE", "SRIOV_NET_VF", "NUMA_SOCKET", "NUMA_CORE", "NUMA_THREAD", "NUMA_MEMORY_MB", "IPV4_ADDRESS",
        "VGPU", "VGPU_DISPLAY_HEAD", "NET_BW_EGR_KILOBIT_PER_SEC", "NET_BW_IGR_KILOBIT_PER_SEC", "PCPU", "MEM_ENCRYPTION_CONTEXT", "FPGA", "PGPU",
        "NET_PACKET_RATE_KILOPACKET_PER_SEC", "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC", "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
    ];

    [PrimaryKey, Column("name")]
    public required string Name { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    public static bool IsStandard(string name) => Standard.Contains(name);
}
