// SPDX-License-Identifier: Apache-2.0

using System.Globalization;
using System.Xml.Linq;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>Writes and reads guests' definitions. Source: libvirt.org/formatdomain; the metadata is nova's, as its tools read it.</summary>
internal static class DomainXml
{
    /// <summary>Marks a domain as a server's, and says whose.</summary>
    public const string NovaNamespace = "http://openstack.org/xmlns/libvirt/nova/1.1";

    private static readonly XNamespace Nova = NovaNamespace;

    /// <summary>The definition. Formats of all disks are explicit: QEMU never guesses one.</summary>
    public static string Write(GuestSpec spec, LibvirtHost host, GuestPaths paths)
    {
        var flavor = spec.Flavor;
        var emulated = host.VirtType != "kvm";
        var domain = new XElement("domain", new XAttribute("type", host.VirtType),
            new XElement("name", spec.Name),
            new XElement("uuid", spec.ServerId),
            Metadata(spec),
            new XElement("memory", new XAttribute("unit", "MiB"), flavor.MemoryMib),
            new XElement("vcpu", flavor.Vcpus),
            new XElement("sysinfo", new XAttribute("type", "smbios"), new XElement("system",
                Entry("manufacturer", "Meridian"), Entry("product", "OpenStack Nova"), Entry("serial", spec.ServerId),
                Entry("uuid", spec.ServerId), Entry("family", "Virtual Machine"))),
            new XElement("os",
                new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", host.MachineType), "hvm"),
                new XElement("boot", new XAttribute("dev", "hd")),
                new XElement("smbios", new XAttribute("mode", "sysinfo"))),
            new XElement("features", new XElement("acpi"), new XElement("apic"), emulated
                ? new XElement("tcg", new XElement("tb-cache", new XAttribute("unit", "MiB"), host.TranslationCacheMib))
                : null),
            emulated ? null : new XElement("cpu", new XAttribute("mode", "host-model"), new XAttribute("check", "partial")),
            Clock(),
            new XElement("on_poweroff", "destroy"), new XElement("on_reboot", "restart"), new XElement("on_crash", "destroy"),
            Devices(spec, host, paths));
        return domain.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>Names of the taps in a definition.</summary>
    public static IReadOnlyList<string> ReadTaps(string xml) =>
        [.. XDocument.Parse(xml).Descendants("interface").Select(i => (string?)i.Element("target")?.Attribute("dev")).OfType<string>()];

    /// <summary>Where a running guest's VNC server listens; null when it has none.</summary>
    public static VncAddress? ReadVnc(string xml)
    {
        var graphics = XDocument.Parse(xml).Descendants("graphics").FirstOrDefault(g => (string?)g.Attribute("type") == "vnc");
        return graphics is not null && (int?)graphics.Attribute("port") is > 0 and { } port
            ? new((string?)graphics.Attribute("listen") ?? "127.0.0.1", port)
            : null;
    }

    private static XElement Metadata(GuestSpec spec)
    {
        var flavor = spec.Flavor;
        return new("metadata", new XElement(Nova + "instance", new XAttribute(XNamespace.Xmlns + "nova", NovaNamespace),
            new XElement(Nova + "package", new XAttribute("version", typeof(DomainXml).Assembly.GetName().Version?.ToString(3) ?? "0")),
            new XElement(Nova + "name", spec.DisplayName),
            new XElement(Nova + "creationTime", spec.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
            new XElement(Nova + "flavor", new XAttribute("name", flavor.Name),
                new XElement(Nova + "memory", flavor.MemoryMib), new XElement(Nova + "disk", flavor.DiskGib),
                new XElement(Nova + "swap", flavor.SwapMib), new XElement(Nova + "ephemeral", flavor.EphemeralGib),
                new XElement(Nova + "vcpus", flavor.Vcpus)),
            new XElement(Nova + "owner",
                new XElement(Nova + "user", new XAttribute("uuid", spec.UserId), spec.UserName),
                new XElement(Nova + "project", new XAttribute("uuid", spec.ProjectId), spec.ProjectName)),
            spec.Image is { } image ? new XElement(Nova + "root", new XAttribute("type", "image"), new XAttribute("uuid", image.Id)) : null,
            new XElement(Nova + "ports", spec.Vifs.Select(vif => new XElement(Nova + "port", new XAttribute("uuid", vif.PortId),
                vif.Addresses.Select(address => new XElement(Nova + "ip", new XAttribute("type", "fixed"), new XAttribute("address", address),
                    new XAttribute("ipVersion", address.Contains(':', StringComparison.Ordinal) ? 6 : 4))))))));
    }

    private static XElement Clock() => new("clock", new XAttribute("offset", "utc"),
        new XElement("timer", new XAttribute("name", "pit"), new XAttribute("tickpolicy", "delay")),
        new XElement("timer", new XAttribute("name", "rtc"), new XAttribute("tickpolicy", "catchup")),
        new XElement("timer", new XAttribute("name", "hpet"), new XAttribute("present", "no")));

    private static XElement Devices(GuestSpec spec, LibvirtHost host, GuestPaths paths)
    {
        var rootFormat = host.ImagesType == "raw" ? "raw" : "qcow2";
        var devices = new XElement("devices", Disk("disk", rootFormat, paths.Disk, "vda", "virtio", host));
        var next = 'b';
        if (spec.Flavor.EphemeralGib > 0)
        {
            devices.Add(Disk("disk", "raw", paths.Ephemeral, $"vd{next++}", "virtio", host));
        }

        if (spec.Flavor.SwapMib > 0)
        {
            devices.Add(Disk("disk", "raw", paths.Swap, $"vd{next}", "virtio", host));
        }

        if (spec.ConfigDrive.Count > 0)
        {
            devices.Add(Disk("cdrom", "raw", paths.ConfigDrive, "hdd", "ide", host));
        }

        devices.Add(new XElement("controller", new XAttribute("type", "usb"), new XAttribute("model", "none")));
        devices.Add(spec.Vifs.Select(Interface));
        devices.Add(Serial("serial", paths, new XElement("target", new XAttribute("port", 0))));
        devices.Add(Serial("console", paths, new XElement("target", new XAttribute("type", "serial"), new XAttribute("port", 0))));
        if (host.VncListen is { } listen)
        {
            devices.Add(new XElement("graphics", new XAttribute("type", "vnc"), new XAttribute("port", -1), new XAttribute("autoport", "yes"),
                new XElement("listen", new XAttribute("type", "address"), new XAttribute("address", listen))));
            devices.Add(new XElement("video", new XElement("model", new XAttribute("type", "vga"), new XAttribute("vram", 2048), new XAttribute("heads", 1))));
        }

        devices.Add(
            new XElement("memballoon", new XAttribute("model", "virtio"), new XElement("stats", new XAttribute("period", 10))),
            new XElement("rng", new XAttribute("model", "virtio"), new XElement("backend", new XAttribute("model", "random"), "/dev/urandom")));
        return devices;
    }

    private static XElement Disk(string device, string format, string path, string target, string bus, LibvirtHost host) =>
        new("disk", new XAttribute("type", "file"), new XAttribute("device", device),
            new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", format), new XAttribute("cache", host.DiskCacheMode)),
            new XElement("source", new XAttribute("file", path)),
            new XElement("target", new XAttribute("dev", target), new XAttribute("bus", bus)),
            device == "cdrom" ? new XElement("readonly") : null);

    /// <summary>The tap exists already, in its bridge: libvirt opens it and hands it to QEMU, which needs no right over the network.</summary>
    private static XElement Interface(GuestVif vif) => new("interface", new XAttribute("type", "ethernet"),
        new XElement("mac", new XAttribute("address", vif.MacAddress)),
        new XElement("target", new XAttribute("dev", vif.TapName), new XAttribute("managed", "no")),
        new XElement("model", new XAttribute("type", "virtio")),
        new XElement("mtu", new XAttribute("size", vif.Mtu)));

    private static XElement Serial(string name, GuestPaths paths, XElement target) => new(name, new XAttribute("type", "pty"),
        new XElement("log", new XAttribute("file", paths.Console), new XAttribute("append", "on")),
        target);

    private static XElement Entry(string name, string value) => new("entry", new XAttribute("name", name), value);
}
