// SPDX-License-Identifier: Apache-2.0

using Meridian.Compute.Drivers.Vifs;
using Meridian.Platform.Config;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>[libvirt], and of [DEFAULT] and [vnc] what only a libvirt host reads. Source: nova configuration reference.</summary>
internal static class LibvirtOptions
{
    /// <summary>"nobody": image tools open what users uploaded.</summary>
    private const int Nobody = 65534;

    public static readonly Option<string?> ConnectionUri = Opt.Text("libvirt", "connection_uri", null, "The hypervisor's URI; qemu:///system when unset.");
    public static readonly Option<string?> VirtType = Opt.Text("libvirt", "virt_type", null, "kvm or qemu. When unset, kvm where /dev/kvm is, else qemu. Upstream's default is kvm.");
    public static readonly Option<string> ImagesType = Opt.Choice("libvirt", "images_type", "default", "qcow2: overlays over cached images; raw or flat: copies of them. default is qcow2.", ["default", "qcow2", "raw", "flat"]);
    public static readonly Option<string?> HwMachineType = Opt.Text("libvirt", "hw_machine_type", null, "Machine type, such as x86_64=pc; several are separated by commas.");
    public static readonly Option<string[]> DiskCachemodes = Opt.List("libvirt", "disk_cachemodes", [], "Cache modes, such as file=none. Files have writeback when unset.");
    public static readonly Option<bool> ForceRawImages = Opt.Boolean("DEFAULT", "force_raw_images", true, "Keep cached images as raw disks: guests' QEMU then never reads a format that a user made.");
    public static readonly Option<bool> VncEnabled = Opt.Boolean("vnc", "enabled", true, "Give guests a graphical console.", ["DEFAULT.vnc_enabled"]);
    public static readonly Option<string?> VncServerListen = Opt.Text("vnc", "server_listen", "127.0.0.1", "Address of guests' VNC servers.", deprecated: ["DEFAULT.vncserver_listen", "vnc.vncserver_listen"]);

    public static IReadOnlyList<Option> All { get; } =
        [ConnectionUri, VirtType, ImagesType, HwMachineType, DiskCachemodes, ForceRawImages, VncEnabled, VncServerListen, .. OvsOptions.All];

    /// <summary>What the configuration says of the host.</summary>
    public static LibvirtHost Read(ServiceConfig config, string hostname, string instancesPath) => new()
    {
        Uri = config.Get(ConnectionUri) ?? "qemu:///system",
        Hostname = hostname,
        InstancesPath = instancesPath,
        VirtType = config.Get(VirtType) ?? (KvmProbe.HasDevice ? "kvm" : "qemu"),
        ImagesType = config.Get(ImagesType) is "raw" or "flat" ? "raw" : "qcow2",
        MachineType = Pair(config.Get(HwMachineType)?.Split(',', StringSplitOptions.TrimEntries) ?? [], "x86_64") ?? "pc",
        DiskCacheMode = Pair(config.Get(DiskCachemodes), "file") ?? "writeback",
        VncListen = config.Get(VncEnabled) ? config.Get(VncServerListen) : null,
        ToolUserId = ToolUserId,
    };

    /// <summary>Null when this process couldn't become another user.</summary>
    public static int? ToolUserId => Environment.IsPrivilegedProcess ? Nobody : null;

    private static string? Pair(string[] pairs, string key) => pairs
        .Select(p => p.Split('=', 2))
        .FirstOrDefault(p => p.Length == 2 && p[0].Trim() == key)?[1].Trim();
}

/// <summary>[os_vif_ovs]. Source: os-vif's configuration; network_namespace is Meridian's own.</summary>
internal static class OvsOptions
{
    public static readonly Option<string?> OvsdbConnection = Opt.Text("os_vif_ovs", "ovsdb_connection", "tcp:127.0.0.1:6640", "The host's Open_vSwitch database.");
    public static readonly Option<string?> NetworkNamespace = Opt.Text("os_vif_ovs", "network_namespace", null, "The network namespace that ovs-vswitchd runs in, where it isn't the host's (`meridian up`).");

    public static IReadOnlyList<Option> All { get; } = [OvsdbConnection, NetworkNamespace];

    public static OvsPluggerSettings Read(ServiceConfig config) => new(config.Get(OvsdbConnection)!, config.Get(NetworkNamespace));
}
