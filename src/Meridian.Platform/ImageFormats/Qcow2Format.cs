// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;

namespace Meridian.Platform.ImageFormats;

/// <summary>QEMU's copy-on-write format. Source: QEMU docs/interop/qcow2.</summary>
internal static class Qcow2Format
{
    private const int HeaderV2 = 72;
    private const int HeaderV3 = 104;
    private const ulong Corrupt = 1UL << 1;
    private const ulong ExternalDataFile = 1UL << 2;

    /// <summary>Dirty, compression type, extended L2: what QEMU 7.2 knows besides the two above.</summary>
    private const ulong Harmless = 1UL << 0 | 1UL << 3 | 1UL << 4;

    /// <summary>More snapshots than any honest upload holds; a table of a million makes qemu-img read for minutes (OSSA-2016-012).</summary>
    private const uint MaxSnapshots = 256;

    /// <summary>QEMU's own limit on the first-level table.</summary>
    private const uint MaxL1Entries = 32 * 1024 * 1024 / 8;

    private const uint EndOfExtensions = 0;
    private const uint DataFileName = 0x44415441;
    private const uint BackingFormat = 0xE2792ACA;

    public static bool Matches(ImageContent content) => content.StartsWith([(byte)'Q', (byte)'F', (byte)'I', 0xfb]);

    public static long? Check(ImageContent content, List<ImageProblem> problems)
    {
        var head = content.Head;
        var version = U32(head, 4);
        if (version is not (2 or 3))
        {
            problems.Add(new("version", "Unsupported qcow2 version"));
            return null;
        }

        if (U64(head, 8) != 0 || U32(head, 16) != 0)
        {
            problems.Add(new("backing_file", "Image has a backing file"));
        }

        var clusterBits = U32(head, 20);
        var size = U64(head, 24);
        if (clusterBits is < 9 or > 21)
        {
            problems.Add(new("header", "The cluster size is out of range"));
            return null;
        }

        if (U32(head, 32) != 0)
        {
            problems.Add(new("encrypted", "Image is encrypted"));
        }

        var l1Entries = U32(head, 36);
        CheckTable(content, U64(head, 40), (ulong)l1Entries * 8, clusterBits, "first-level", problems);
        CheckTable(content, U64(head, 48), (ulong)U32(head, 56) << (int)clusterBits, clusterBits, "reference count", problems);
        if (l1Entries > MaxL1Entries)
        {
            problems.Add(new("header", "The first-level table is too large"));
        }

        if (U32(head, 60) > MaxSnapshots)
        {
            problems.Add(new("snapshots", "Image has too many snapshots"));
        }

        var headerLength = version == 2 ? HeaderV2 : CheckFeatures(head, problems);
        CheckExtensions(head[..(int)Math.Min(head.Length, 1L << (int)clusterBits)], headerLength, problems);

        // 64-bit values above this are no sizes; the first-level table also bounds what the image can describe.
        return size > long.MaxValue ? -1 : (long)size;
    }

    private static int CheckFeatures(ReadOnlySpan<byte> head, List<ImageProblem> problems)
    {
        var features = U64(head, 72);
        if ((features & ExternalDataFile) != 0)
        {
            problems.Add(new("data_file", "Image has data_file set"));
        }

        if ((features & Corrupt) != 0)
        {
            problems.Add(new("corrupt", "Image is marked corrupt"));
        }

        if ((features & ~(Harmless | ExternalDataFile | Corrupt)) != 0)
        {
            problems.Add(new("unknown_features", "Unknown QCOW2 features found"));
        }

        var length = U32(head, 100);
        if (length is < HeaderV3 or > 4096 || length % 8 != 0)
        {
            problems.Add(new("header", "The header's length is out of range"));
            return HeaderV3;
        }

        return (int)length;
    }

    /// <summary>Looks for the name of a data file, and for a backing format without a backing file: nothing honest writes either.</summary>
    private static void CheckExtensions(ReadOnlySpan<byte> cluster, int offset, List<ImageProblem> problems)
    {
        while (cluster.Length - offset >= 8)
        {
            var type = U32(cluster, offset);
            var length = U32(cluster, offset + 4);
            if (type == EndOfExtensions)
            {
                return;
            }

            if (type == DataFileName && problems.TrueForAll(p => p.Check != "data_file"))
            {
                problems.Add(new("data_file", "Image names a data file"));
            }

            if (type == BackingFormat && problems.TrueForAll(p => p.Check != "backing_file"))
            {
                problems.Add(new("backing_file", "Image names the format of a backing file"));
            }

            if (length > cluster.Length - offset - 8)
            {
                problems.Add(new("header", "A header extension is longer than the header"));
                return;
            }

            offset += 8 + (int)((length + 7) & ~7u);
        }
    }

    private static void CheckTable(ImageContent content, ulong offset, ulong bytes, uint clusterBits, string name, List<ImageProblem> problems)
    {
        var aligned = (offset & ((1UL << (int)clusterBits) - 1)) == 0;
        if (!aligned || (bytes > 0 && offset == 0) || bytes > (ulong)content.Length || offset > (ulong)content.Length - bytes)
        {
            problems.Add(new("truncated", $"The {name} table lies outside the image"));
        }
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.Slice(offset, 4));

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes.Slice(offset, 8));
}
