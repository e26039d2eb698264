// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;
using System.Text;

namespace Meridian.Testing;

/// <param name="DeclaredFormat">The disk_format that the attacker gives.</param>
public sealed record CorpusImage(string Name, string DeclaredFormat, byte[] Content)
{
    public override string ToString() => Name;
}

/// <summary>Images made in code: honest ones, and ones that must be refused wherever an image is taken (OSSA-2015-011 to 2024-002).</summary>
public static class ImageCorpus
{
    private const int Cluster = 65536;

    public static IReadOnlyList<CorpusImage> Honest { get; } =
    [
        new("raw zeros", "raw", new byte[4096]),
        new("raw shorter than a sector", "raw", [1, 2, 3]),
        new("raw text", "raw", "just some text\nversion: 1\n"u8.ToArray()),
        new("raw with an MBR", "raw", Mbr(0x83)),
        new("raw with a GPT", "raw", Mbr(0xee)),
        new("raw FAT boot sector", "raw", FatBootSector()),
        new("qcow2 version 2", "qcow2", Qcow2(q => q.Version = 2)),
        new("qcow2 version 3", "qcow2", Qcow2()),
        new("qcow2 dirty", "qcow2", Qcow2(q => q.Incompatible = 1)),
        new("qcow2 with zstd and extended L2", "qcow2", Qcow2(q => q.Incompatible = 8 | 16)),
        new("qcow2 with a feature name table", "qcow2", Qcow2(q => q.Extension = (0x6803f857, new byte[48]))),
        new("vmdk monolithicSparse", "vmdk", Vmdk()),
        new("vmdk streamOptimized", "vmdk", Vmdk("createType=\"streamOptimized\"\nRDONLY 128 SPARSE \"d.vmdk\"\n", footer: VmdkFooter.Honest)),
        new("vhd dynamic", "vhd", Vhd(3)),
        new("vdi dynamic", "vdi", Vdi(1)),
        new("vhdx", "vhdx", Vhdx()),
        new("iso", "iso", Iso()),
        new("iso that boots from disks", "iso", Overlay(Iso(), 0, Mbr(0x83)[..512])),
        new("luks", "luks", Luks(1)),
    ];

    public static IReadOnlyList<CorpusImage> Malicious { get; } = [.. Qcow2s(), .. Vmdks(), .. Others(), .. Disguised(), .. Polyglots(), .. Truncated()];

    /// <summary>What a qcow2 header is made of.</summary>
    public sealed class Qcow2Fields
    {
        public int Version { get; set; } = 3;
        public ulong BackingOffset { get; set; }
        public int BackingLength { get; set; }
        public int ClusterBits { get; set; } = 16;
        public ulong VirtualSize { get; set; } = 1 << 20;
        public int Encryption { get; set; }
        public uint L1Entries { get; set; } = 1;
        public ulong L1Offset { get; set; } = 3 * Cluster;
        public ulong RefcountOffset { get; set; } = Cluster;
        public uint RefcountClusters { get; set; } = 1;
        public uint Snapshots { get; set; }
        public ulong Incompatible { get; set; }
        public uint HeaderLength { get; set; } = 104;
        public (uint Type, byte[] Data)? Extension { get; set; }
        public uint? ExtensionLength { get; set; }
    }

    public static byte[] Qcow2(Action<Qcow2Fields>? change = null)
    {
        var q = new Qcow2Fields();
        change?.Invoke(q);
        var image = new byte[4 * Cluster];
        byte[] magic = [(byte)'Q', (byte)'F', (byte)'I', 0xfb];
        magic.CopyTo(image, 0);
        Big32(image, 4, (uint)q.Version);
        Big64(image, 8, q.BackingOffset);
        Big32(image, 16, (uint)q.BackingLength);
        Big32(image, 20, (uint)q.ClusterBits);
        Big64(image, 24, q.VirtualSize);
        Big32(image, 32, (uint)q.Encryption);
        Big32(image, 36, q.L1Entries);
        Big64(image, 40, q.L1Offset);
        Big64(image, 48, q.RefcountOffset);
        Big32(image, 56, q.RefcountClusters);
        Big32(image, 60, q.Snapshots);
        var end = 72;
        if (q.Version >= 3)
        {
            Big64(image, 72, q.Incompatible);
            Big32(image, 96, 4);
            Big32(image, 100, q.HeaderLength);
            end = 104;
        }

        if (q.Extension is { } extension)
        {
            Big32(image, end, extension.Type);
            Big32(image, end + 4, q.ExtensionLength ?? (uint)extension.Data.Length);
            extension.Data.CopyTo(image, end + 8);
        }

        if (q.BackingOffset is > 0 and < Cluster)
        {
            "/etc/passwd"u8.CopyTo(image.AsSpan((int)q.BackingOffset));
        }

        return image;
    }

    private static IEnumerable<CorpusImage> Qcow2s()
    {
        foreach (var version in (int[])[2, 3])
        {
            yield return new($"qcow2 v{version} with a backing file", "qcow2", Qcow2(q => (q.Version, q.BackingOffset, q.BackingLength) = (version, 512, 11)));
            yield return new($"qcow2 v{version} with a backing file of no length", "qcow2", Qcow2(q => (q.Version, q.BackingOffset) = (version, 512)));
            yield return new($"qcow2 v{version} with a backing file far away", "qcow2", Qcow2(q => (q.Version, q.BackingOffset, q.BackingLength) = (version, 1UL << 40, 11)));
            yield return new($"qcow2 v{version} with the length of a backing file only", "qcow2", Qcow2(q => (q.Version, q.BackingLength) = (version, 11)));
            yield return new($"qcow2 v{version} with a backing format", "qcow2", Qcow2(q => (q.Version, q.Extension) = (version, (0xE2792ACA, "raw"u8.ToArray()))));
            yield return new($"qcow2 v{version} naming a data file", "qcow2", Qcow2(q => (q.Version, q.Extension) = (version, (0x44415441, "/etc/passwd"u8.ToArray()))));
            yield return new($"qcow2 v{version} encrypted with AES", "qcow2", Qcow2(q => (q.Version, q.Encryption) = (version, 1)));
            yield return new($"qcow2 v{version} with a million snapshots", "qcow2", Qcow2(q => (q.Version, q.Snapshots) = (version, 1_000_000)));
        }

        yield return new("qcow2 with a data file", "qcow2", Qcow2(q => q.Incompatible = 4));
        yield return new("qcow2 with a data file and its name", "qcow2", Qcow2(q => (q.Incompatible, q.Extension) = (4, (0x44415441, "/etc/shadow"u8.ToArray()))));
        yield return new("qcow2 marked corrupt", "qcow2", Qcow2(q => q.Incompatible = 2));
        foreach (var bit in (int[])[5, 16, 31, 32, 63])
        {
            yield return new($"qcow2 with unknown feature {bit}", "qcow2", Qcow2(q => q.Incompatible = 1UL << bit));
        }

        yield return new("qcow version 1", "qcow2", Qcow2(q => q.Version = 1));
        yield return new("qcow2 version 4", "qcow2", Qcow2(q => q.Version = 4));
        yield return new("qcow2 with LUKS", "qcow2", Qcow2(q => q.Encryption = 2));
        yield return new("qcow2 with tiny clusters", "qcow2", Qcow2(q => q.ClusterBits = 8));
        yield return new("qcow2 with huge clusters", "qcow2", Qcow2(q => q.ClusterBits = 63));
        yield return new("qcow2 with a negative size", "qcow2", Qcow2(q => q.VirtualSize = ulong.MaxValue));
        yield return new("qcow2 with its table beyond the end", "qcow2", Qcow2(q => q.L1Offset = 1UL << 50));
        yield return new("qcow2 with its table over the end of numbers", "qcow2", Qcow2(q => q.L1Offset = ulong.MaxValue - Cluster + 1));
        yield return new("qcow2 with its table askew", "qcow2", Qcow2(q => q.L1Offset = 3 * Cluster + 8));
        yield return new("qcow2 with a table of 4 billion entries", "qcow2", Qcow2(q => q.L1Entries = uint.MaxValue));
        yield return new("qcow2 with its reference counts beyond the end", "qcow2", Qcow2(q => q.RefcountOffset = 1UL << 50));
        yield return new("qcow2 with too many reference counts", "qcow2", Qcow2(q => q.RefcountClusters = uint.MaxValue));
        yield return new("qcow2 with a header of no length", "qcow2", Qcow2(q => q.HeaderLength = 0));
        yield return new("qcow2 with an endless header", "qcow2", Qcow2(q => q.HeaderLength = uint.MaxValue));
        yield return new("qcow2 with an endless extension", "qcow2", Qcow2(q => (q.Extension, q.ExtensionLength) = ((0x6803f857, new byte[8]), uint.MaxValue)));
    }

    private static IEnumerable<CorpusImage> Vmdks()
    {
        CorpusImage Text(string name, string descriptor) => new(name, "vmdk", Encoding.ASCII.GetBytes("# Disk DescriptorFile\nversion=1\n" + descriptor));
        CorpusImage Embedded(string name, string descriptor) => new(name, "vmdk", Vmdk(descriptor));

        foreach (var type in (string[])["monolithicFlat", "twoGbMaxExtentFlat", "twoGbMaxExtentSparse", "vmfs", "vmfsSparse", "fullDevice", "partitionedDevice", "vmfsRaw", "custom"])
        {
            yield return Text($"vmdk text, {type}", $"createType=\"{type}\"\nRW 8 FLAT \"/etc/passwd\" 0\n");
            yield return Embedded($"vmdk, {type}", $"createType=\"{type}\"\nRW 8 FLAT \"/etc/passwd\" 0\n");
        }

        yield return Text("vmdk text, monolithicSparse", "createType=\"monolithicSparse\"\nRW 8 SPARSE \"/etc/passwd\"\n");
        yield return Embedded("vmdk with a path", "createType=\"monolithicSparse\"\nRW 8 SPARSE \"/etc/passwd\"\n");
        yield return Embedded("vmdk with a relative path", "createType=\"monolithicSparse\"\nRW 8 SPARSE \"../other\"\n");
        yield return Embedded("vmdk with a protocol", "createType=\"monolithicSparse\"\nRW 8 SPARSE \"nbd:unix:x\"\n");
        yield return Embedded("vmdk with a flat extent", "createType=\"monolithicSparse\"\nRW 8 FLAT \"x\" 0\n");
        yield return Embedded("vmdk with two extents", "createType=\"monolithicSparse\"\nRW 8 SPARSE \"a\"\nRW 8 SPARSE \"b\"\n");
        yield return Embedded("vmdk with no extents", "createType=\"monolithicSparse\"\n");
        yield return Embedded("vmdk with a parent", "createType=\"monolithicSparse\"\nparentCID=12345678\nRW 8 SPARSE \"a\"\n");
        yield return Embedded("vmdk with a parent's name", "createType=\"monolithicSparse\"\nparentFileNameHint=\"/etc/passwd\"\nRW 8 SPARSE \"a\"\n");
        yield return Embedded("vmdk with two types", "createType=\"monolithicSparse\"\ncreateType=\"monolithicFlat\"\nRW 8 SPARSE \"a\"\n");
        yield return Embedded("vmdk with a strange line", "createType=\"monolithicSparse\"\nRW 8 SPARSE \"a\"\nsome thing else\n");
        yield return Embedded("vmdk with no type", "RW 8 SPARSE \"a\"\n");
        yield return Embedded("vmdk with a descriptor that is no text", "createType=\"monolithicSparse\"\u00ff\nRW 8 SPARSE \"a\"\n");
        yield return new("vmdk with its descriptor elsewhere", "vmdk", Overlay(Vmdk(), 28, [9]));
        yield return new("vmdk without a descriptor", "vmdk", Overlay(Vmdk(), 36, new byte[8]));
        yield return new("vmdk of an unknown version", "vmdk", Overlay(Vmdk(), 4, [9]));
        yield return new("vmdk of version 3 ESX COW", "vmdk", Overlay(new byte[4096], 0, "COWD"u8.ToArray()));
        yield return new("vmdk with a negative size", "vmdk", Overlay(Vmdk(), 12, [255, 255, 255, 255, 255, 255, 255, 255]));
        const string stream = "createType=\"streamOptimized\"\nRDONLY 128 SPARSE \"d\"\n";
        foreach (var footer in (VmdkFooter[])[VmdkFooter.None, VmdkFooter.OtherDescriptor, VmdkFooter.OtherSize, VmdkFooter.Endless, VmdkFooter.NoMarker, VmdkFooter.NoEnd])
        {
            yield return new($"vmdk with a footer: {footer}", "vmdk", Vmdk(stream, footer));
        }
    }

    private static IEnumerable<CorpusImage> Others()
    {
        yield return new("vhd with a parent", "vhd", Vhd(4));
        yield return new("vdi with a parent", "vdi", Vdi(4));
        yield return new("vdi undo", "vdi", Vdi(3));
        yield return new("vhdx with a parent", "vhdx", Vhdx(parent: true));
        yield return new("vhdx with a parent locator", "vhdx", Vhdx(locator: true));
        yield return new("vhdx without metadata", "vhdx", Vhdx()[..(256 * 1024)]);
        yield return new("qed", "qed", Overlay(new byte[Cluster], 0, "QED\0"u8.ToArray()));
        yield return new("luks version 2", "luks", Luks(2));
        yield return new("gpt hidden in a hybrid MBR", "raw", Overlay(Mbr(0xee), 446 + 16 + 4, [0x83]));
        yield return new("gpt in the second entry", "raw", Overlay(Mbr(0x83), 446 + 16 + 4, [0xee]));
        yield return new("gpt that begins elsewhere", "raw", Overlay(Mbr(0xee), 446 + 8, [9]));
    }

    /// <summary>What a guest, or an uploader, calls raw so that somebody probes it later.</summary>
    private static IEnumerable<CorpusImage> Disguised()
    {
        (string Name, byte[] Content)[] contents =
        [
            ("qcow2", Qcow2()), ("qcow2 with a backing file", Qcow2(q => (q.BackingOffset, q.BackingLength) = (512, 11))), ("vmdk", Vmdk()),
            ("vmdk text", "# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicFlat\"\nRW 1 FLAT \"/etc/passwd\" 0\n"u8.ToArray()),
            ("vmdk text with comments first", "# x\n\n  # y\n \nversion=2\nRW 1 FLAT \"/etc/passwd\" 0\n"u8.ToArray()),
            ("vmdk text without comments", "version=3\nRW 1 FLAT \"/etc/passwd\" 0\n"u8.ToArray()),
            ("vhd", Vhd(3)), ("vhdx", Vhdx()), ("vdi", Vdi(1)), ("qed", Overlay(new byte[Cluster], 0, "QED\0"u8.ToArray())), ("luks", Luks(1)), ("iso", Iso()),
            ("parallels", Overlay(new byte[4096], 0, "WithoutFreeSpace"u8.ToArray())), ("bochs", Overlay(new byte[4096], 0, "Bochs Virtual HD Image"u8.ToArray())),
            ("cloop", Overlay(new byte[4096], 0, "#!/bin/sh\n#V2.0 Format\n"u8.ToArray())),
        ];
        foreach (var (name, content) in contents)
        {
            yield return new($"{name} called raw", "raw", content);
        }

        yield return new("raw called qcow2", "qcow2", new byte[4096]);
        yield return new("vmdk called qcow2", "qcow2", Vmdk());
        yield return new("qcow2 called iso", "iso", Qcow2());
        yield return new("qcow2 called vhd", "vhd", Qcow2());
        yield return new("raw called iso", "iso", new byte[65536]);
        yield return new("iso called aki", "aki", Iso());
    }

    private static IEnumerable<CorpusImage> Polyglots()
    {
        yield return new("iso that is a qcow2 too", "iso", Overlay(Iso(), 0, Qcow2()[..0x8000]));
        yield return new("qcow2 that is an iso too", "qcow2", Overlay(Qcow2(), 0x8001, "CD001"u8.ToArray()));
        yield return new("qcow2 with a boot sector", "qcow2", Overlay(Qcow2(), 446, Mbr(0x83)[446..512]));
        yield return new("vmdk that is a vdi too", "vmdk", Overlay(Vmdk(), 0x40, [0x7f, 0x10, 0xda, 0xbe]));
        yield return new("vhd that is an iso too", "vhd", Overlay(Vhd(3), 0x8001, "CD001"u8.ToArray()));
        yield return new("iso that is a vmdk too", "iso", Overlay(Iso(), 0, "# Disk DescriptorFile\nversion=1\n"u8.ToArray()));
        yield return new("luks that is a vdi too", "luks", Overlay(Luks(1), 0x40, [0x7f, 0x10, 0xda, 0xbe]));
    }

    private static IEnumerable<CorpusImage> Truncated()
    {
        foreach (var length in (int[])[4, 8, 60, 71, 103, 4096])
        {
            yield return new($"qcow2 of {length} bytes", "qcow2", Qcow2()[..length]);
        }

        yield return new("vmdk of 40 bytes", "vmdk", Vmdk()[..40]);
        yield return new("vhd of 20 bytes", "vhd", Vhd(3)[..20]);
        yield return new("vdi of 0x50 bytes", "vdi", Vdi(1)[..0x50]);
        yield return new("luks of 7 bytes", "luks", Luks(1)[..7]);
    }

    private enum VmdkFooter
    {
        NotExpected,
        None,
        Honest,
        OtherDescriptor,
        OtherSize,
        Endless,
        NoMarker,
        NoEnd,
    }

    private static byte[] Vmdk(string descriptor = "createType=\"monolithicSparse\"\nRW 128 SPARSE \"d.vmdk\"\n", VmdkFooter footer = VmdkFooter.NotExpected)
    {
        var image = new byte[Cluster];
        void Header(int at)
        {
            "KDMV"u8.CopyTo(image.AsSpan(at));
            image[at + 4] = 1;
            Little64(image, at + 12, 128);
            Little64(image, at + 20, 128);
            Little64(image, at + 28, 1);
            Little64(image, at + 36, 20);
        }

        Header(0);
        Encoding.Latin1.GetBytes("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n" + descriptor + "ddb.adapterType = \"ide\"\n").CopyTo(image, 512);
        if (footer == VmdkFooter.NotExpected)
        {
            return image;
        }

        Little64(image, 56, ulong.MaxValue);
        if (footer == VmdkFooter.None)
        {
            return image;
        }

        var end = image.Length - 1536;
        Header(end + 512);
        Little64(image, end, 1);
        image[end + 12] = 3;
        _ = footer switch
        {
            VmdkFooter.OtherDescriptor => image[end + 512 + 28] = 9,
            VmdkFooter.OtherSize => image[end + 512 + 12] = 9,
            VmdkFooter.NoMarker => image[end + 12] = 0,
            VmdkFooter.NoEnd => image[end + 1024 + 20] = 1,
            _ => 0,
        };
        if (footer == VmdkFooter.Endless)
        {
            Little64(image, end + 512 + 56, ulong.MaxValue);
        }

        return image;
    }

    private static byte[] Vhd(uint type)
    {
        var image = new byte[Cluster];
        "conectix"u8.CopyTo(image);
        Big64(image, 40, 1 << 20);
        Big32(image, 60, type);
        return image;
    }

    private static byte[] Vdi(uint type)
    {
        var image = new byte[Cluster];
        "<<< Oracle VM VirtualBox Disk Image >>>\n"u8.CopyTo(image);
        byte[] mark = [0x7f, 0x10, 0xda, 0xbe];
        mark.CopyTo(image, 0x40);
        image[0x4c] = (byte)type;
        Little64(image, 0x170, 1 << 20);
        return image;
    }

    private static byte[] Vhdx(bool parent = false, bool locator = false)
    {
        const int table = 192 * 1024, metadata = 2 * 1024 * 1024;
        var image = new byte[3 * 1024 * 1024];
        "vhdxfile"u8.CopyTo(image);
        "regi"u8.CopyTo(image.AsSpan(table));
        image[table + 8] = 1;
        new Guid("8b7ca206-4790-4b9a-b8fe-575f050f886e").ToByteArray().CopyTo(image, table + 16);
        Little64(image, table + 32, metadata);
        "metadata"u8.CopyTo(image.AsSpan(metadata));
        image[metadata + 10] = (byte)(locator ? 3 : 2);
        void Item(int index, string id, int offset)
        {
            new Guid(id).ToByteArray().CopyTo(image, metadata + 32 + (index * 32));
            BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(metadata + 32 + (index * 32) + 16), offset);
        }

        Item(0, "caa16737-fa36-4d43-b3b6-33f0aa44e76b", 65536);
        Item(1, "2fa54224-cd1b-4876-b211-5dbed83bf4b8", 65544);
        if (locator)
        {
            Item(2, "a8d35f2d-b30b-454d-abf7-d3d84834ab0c", 65552);
        }

        image[metadata + 65536 + 4] = (byte)(parent ? 2 : 0);
        Little64(image, metadata + 65544, 1 << 20);
        return image;
    }

    private static byte[] Iso() => Overlay(Overlay(new byte[40 * 2048], 0x8000, [1]), 0x8001, "CD001"u8.ToArray());

    private static byte[] Luks(byte version)
    {
        var image = new byte[Cluster];
        byte[] magic = [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe, 0, version];
        magic.CopyTo(image, 0);
        Big32(image, 104, 8);
        return image;
    }

    private static byte[] Mbr(byte type)
    {
        var image = new byte[8192];
        byte[] entry = [0, 0, 2, 0, type, 0xff, 0xff, 0xff, 1, 0, 0, 0, 15, 0, 0, 0];
        entry.CopyTo(image, 446);
        (image[510], image[511]) = (0x55, 0xaa);
        return image;
    }

    private static byte[] FatBootSector()
    {
        var image = new byte[8192];
        byte[] jump = [0xeb, 0x3c, 0x90];
        jump.CopyTo(image, 0);
        "message text where partitions would be, until the mark"u8.CopyTo(image.AsSpan(446));
        (image[510], image[511]) = (0x55, 0xaa);
        return image;
    }

    private static byte[] Overlay(byte[] image, int offset, byte[] bytes)
    {
        byte[] copy = [.. image];
        bytes.CopyTo(copy, offset);
        return copy;
    }

    private static void Big32(byte[] image, int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(offset), value);

    private static void Big64(byte[] image, int offset, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(offset), value);

    private static void Little64(byte[] image, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(offset), value);
}
