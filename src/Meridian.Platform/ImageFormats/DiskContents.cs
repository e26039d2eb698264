// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;

namespace Meridian.Platform.ImageFormats;

/// <summary>Encrypted volumes. Source: "LUKS On-Disk Format Specification" 1.2.3. QEMU knows version 1 only.</summary>
internal static class LuksFormat
{
    public static long? Check(ImageContent content, List<ImageProblem> problems)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(content.Head.Slice(6, 2)) != 1)
        {
            problems.Add(new("version", "Unsupported LUKS version"));
            return null;
        }

        var payload = BinaryPrimitives.ReadUInt32BigEndian(content.Head.Slice(104, 4)) * 512L;
        return content.Length - payload;
    }
}

/// <summary>ISO 9660 and UDF: a volume descriptor at 32 KiB.</summary>
internal static class IsoFormat
{
    public static bool Matches(ImageContent content) =>
        content.HasAt(0x8001, "CD001"u8) || content.HasAt(0x8001, "NSR02"u8) || content.HasAt(0x8001, "NSR03"u8);
}

/// <summary>A disk that begins with a partition table, MBR or GPT's protective one.</summary>
internal static class PartitionTable
{
    private const int Entries = 446;
    private const byte ProtectiveType = 0xee;

    /// <summary>A boot sector whose four entries could be partitions. A file system's own boot sector (FAT, NTFS) bears the same signature.</summary>
    public static bool Matches(ImageContent content)
    {
        if (!content.HasAt(510, [0x55, 0xaa]))
        {
            return false;
        }

        var used = 0;
        for (var i = 0; i < 4; i++)
        {
            var entry = content.Head.Slice(Entries + (16 * i), 16);
            if (entry[0] is not (0 or 0x80))
            {
                return false;
            }

            used += entry[4] != 0 ? 1 : 0;
        }

        return used > 0;
    }

    public static void Check(ImageContent content, List<ImageProblem> problems)
    {
        for (var i = 0; i < 4; i++)
        {
            var entry = content.Head.Slice(Entries + (16 * i), 16);
            if (entry[4] != ProtectiveType)
            {
                continue;
            }

            if (i != 0 || HasMore(content))
            {
                problems.Add(new("mbr", "GPT MBR defines invalid extra partitions"));
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) != 1)
            {
                problems.Add(new("mbr", "GPT MBR has invalid start LBA"));
            }

            return;
        }
    }

    private static bool HasMore(ImageContent content)
    {
        for (var i = 1; i < 4; i++)
        {
            if (content.Head[Entries + (16 * i) + 4] != 0)
            {
                return true;
            }
        }

        return false;
    }
}
