// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>What the libvirt driver is told about its host: see LibvirtOptions for where it stands in nova.conf.</summary>
internal sealed record LibvirtHost
{
    /// <summary>[libvirt] connection_uri, such as qemu:///system.</summary>
    public required string Uri { get; init; }

    /// <summary>[DEFAULT] host: shown as hypervisor_hostname.</summary>
    public required string Hostname { get; init; }

    /// <summary>[DEFAULT] instances_path: a folder a server.</summary>
    public required string InstancesPath { get; init; }

    /// <summary>"kvm" or "qemu".</summary>
    public required string VirtType { get; init; }

    /// <summary>[libvirt] images_type: "qcow2" puts an overlay over the cached image, "raw" copies it.</summary>
    public string ImagesType { get; init; } = "qcow2";

    /// <summary>[vnc] server_listen; null when [vnc] enabled is false.</summary>
    public string? VncListen { get; init; }

    /// <summary>[libvirt] hw_machine_type for x86_64.</summary>
    public string MachineType { get; init; } = "pc";

    /// <summary>[libvirt] disk_cachemodes for files.</summary>
    public string DiskCacheMode { get; init; } = "writeback";

    /// <summary>The user that image tools run as; null when this process is no root and they run as itself.</summary>
    public int? ToolUserId { get; init; }

    /// <summary>Without KVM, QEMU keeps translated code; its own default makes a small guest half a gigabyte large.</summary>
    public int TranslationCacheMib { get; init; } = 32;
}

/// <summary>A server's files below instances_path, with nova's names.</summary>
internal sealed class GuestPaths(string instancesPath, string serverId)
{
    /// <summary>Parsed, so that nothing but an id becomes a path.</summary>
    public string Directory { get; } = Path.Combine(instancesPath, Guid.Parse(serverId).ToString("D"));

    public string Disk => Path.Combine(Directory, "disk");

    public string Ephemeral => Path.Combine(Directory, "disk.eph0");

    public string Swap => Path.Combine(Directory, "disk.swap");

    public string ConfigDrive => Path.Combine(Directory, "disk.config");

    public string Console => Path.Combine(Directory, "console.log");

    /// <summary>Names of the taps that were plugged for the guest, one a line, written before the first is.</summary>
    public string Taps => Path.Combine(Directory, "taps");
}
