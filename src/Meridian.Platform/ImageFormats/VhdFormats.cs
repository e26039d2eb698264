// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;

namespace Meridian.Platform.ImageFormats;

/// <summary>Microsoft's older disks, with a copy of the footer in front. Source: "Virtual Hard Disk Image Format Specification" 1.0.</summary>
/// <remarks>A fixed VHD has its footer only at the end; QEMU, too, takes such a file for raw unless told otherwise.</remarks>
internal static class VhdFormat
{
    private const uint Differencing = 4;

    public static long? Check(ImageContent content, List<ImageProblem> problems)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(content.Head.Slice(60, 4)) == Differencing)
        {
            problems.Add(new("backing_file", "Image has a parent"));
        }

        var size = BinaryPrimitives.ReadUInt64BigEndian(content.Head.Slice(40, 8));
        return size > long.MaxValue ? -1 : (long)size;
    }
}

/// <summary>VirtualBox's disks. Source: QEMU block/vdi.c, "VDI header".</summary>
internal static class VdiFormat
{
    private const uint Dynamic = 1;
    private const uint Fixed = 2;

    public static bool Matches(ImageContent content) => content.HasAt(0x40, [0x7f, 0x10, 0xda, 0xbe]);

    public static long? Check(ImageContent content, List<ImageProblem> problems)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(content.Head.Slice(0x4c, 4)) is not (Dynamic or Fixed))
        {
            problems.Add(new("backing_file", "Image depends on another one"));
        }

        var size = BinaryPrimitives.ReadUInt64LittleEndian(content.Head.Slice(0x170, 8));
        return size > long.MaxValue ? -1 : (long)size;
    }
}

/// <summary>Hyper-V's disks. Source: [MS-VHDX] 2.2 (regions) and 2.6 (metadata).</summary>
internal static class VhdxFormat
{
    private const int RegionTable = 192 * 1024;
    private const int MetadataBytes = 256 * 1024;
    private const int MaxEntries = 2047;

    public const int RegionTableEnd = RegionTable + (64 * 1024);

    private static readonly Guid MetadataRegion = new("8b7ca206-4790-4b9a-b8fe-575f050f886e");
    private static readonly Guid FileParameters = new("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
    private static readonly Guid VirtualDiskSize = new("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
    private static readonly Guid ParentLocator = new("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

    /// <returns>Where the metadata is; null for what is no VHDX or names no place.</returns>
    public static ImageRegion? FindMetadataRegion(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("vhdxfile"u8) || head.Length < RegionTableEnd || !head[RegionTable..].StartsWith("regi"u8))
        {
            return null;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(head[(RegionTable + 8)..]);
        for (var i = 0; i < Math.Min(count, MaxEntries); i++)
        {
            var entry = head.Slice(RegionTable + 16 + (i * 32), 32);
            var offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
            if (new Guid(entry[..16]) == MetadataRegion && offset is >= RegionTableEnd and < 1UL << 40)
            {
                var region = new ImageRegion((long)offset, MetadataBytes);
                region.Capture(head, 0);
                return region;
            }
        }

        return null;
    }

    public static long? Check(ImageContent content, List<ImageProblem> problems)
    {
        var region = content.Region is null ? default : content.Region.Bytes;
        if (!region.StartsWith("metadata"u8))
        {
            problems.Add(new("truncated", "The metadata lies outside the image"));
            return null;
        }

        long? size = null;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(region.Slice(10, 2));
        if (count > MaxEntries)
        {
            problems.Add(new("header", "The metadata table is too large"));
        }

        for (var i = 0; i < Math.Min((int)count, MaxEntries); i++)
        {
            var entry = region.Slice(32 + (i * 32), 32);
            var item = new Guid(entry[..16]);
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            var hasParent = item == FileParameters && offset <= region.Length - 8
                && (BinaryPrimitives.ReadUInt32LittleEndian(region[((int)offset + 4)..]) & 2) != 0;
            if (hasParent || item == ParentLocator)
            {
                problems.Add(new("backing_file", "Image has a parent"));
            }
            else if (item == VirtualDiskSize && offset <= region.Length - 8)
            {
                var value = BinaryPrimitives.ReadUInt64LittleEndian(region[(int)offset..]);
                size = value > long.MaxValue ? -1 : (long)value;
            }
        }

        if (size is null)
        {
            problems.Add(new("virtual_size", "The metadata has no disk size"));
        }

        return size;
    }
}
