// SPDX-License-Identifier: Apache-2.0

using System.Buffers.Binary;
using System.Text;

namespace Meridian.Platform.ImageFormats;

/// <summary>
/// VMware's disks. Only those that hold all their data in the one file are let through: a descriptor that names other files makes QEMU open
/// them (OSSA-2023-002, 2024-001). Source: VMware "Virtual Disk Format 5.0", and what QEMU's vmdk driver accepts.
/// </summary>
internal static class VmdkFormat
{
    private const ulong DirectoryAtEnd = ulong.MaxValue;
    private const int DescriptorOffset = 512;
    private const int DescriptorLimit = (1 << 20) - 1;
    private static readonly string[] AllowedTypes = ["monolithicsparse", "streamoptimized"];

    public static bool Matches(ImageContent content) =>
        content.StartsWith("KDMV"u8) || content.StartsWith("COWD"u8) || IsDescriptorText(content.Head[..Math.Min(content.Head.Length, 4096)]);

    public static long? Check(ImageContent content, List<ImageProblem> problems)
    {
        var head = content.Head;
        if (!content.StartsWith("KDMV"u8))
        {
            problems.Add(new("descriptor", "Unsupported subformat"));
            return null;
        }

        if (U32(head, 4) is < 1 or > 3)
        {
            problems.Add(new("version", "Unsupported VMDK version"));
            return null;
        }

        var descriptorSector = U64(head, 28);
        var descriptorBytes = (int)Math.Min(U64(head, 36), DescriptorLimit / 512) * 512;
        if (descriptorSector * 512 != DescriptorOffset || descriptorBytes == 0)
        {
            problems.Add(new("descriptor", "Wrong descriptor location"));
            return null;
        }

        if (U64(head, 56) == DirectoryAtEnd)
        {
            CheckFooter(head, content.Tail, problems);
        }

        CheckDescriptor(head.Slice(DescriptorOffset, Math.Min(descriptorBytes, head.Length - DescriptorOffset)), problems);
        var sectors = U64(head, 12);
        return sectors > long.MaxValue / 512 ? -1 : (long)sectors * 512;
    }

    /// <summary>A text descriptor with nothing around it, as QEMU's probe takes it: comments and blank lines, then a version.</summary>
    private static bool IsDescriptorText(ReadOnlySpan<byte> head)
    {
        while (!head.IsEmpty)
        {
            var end = head.IndexOf((byte)'\n');
            var line = (end < 0 ? head : head[..end]).Trim(" \t\r"u8);
            if (line.Length >= 4 && Encoding.Latin1.GetString(line[..Math.Min(line.Length, 64)]).ToLowerInvariant() is var text
                && (text.StartsWith("version=", StringComparison.Ordinal)
                    || text.StartsWith("createtype=", StringComparison.Ordinal)
                    || text.StartsWith("# disk descriptorfile", StringComparison.Ordinal)))
            {
                return true;
            }

            if (end < 0 || (line.Length > 0 && line[0] != '#'))
            {
                return false;
            }

            head = head[(end + 1)..];
        }

        return false;
    }

    private static void CheckDescriptor(ReadOnlySpan<byte> bytes, List<ImageProblem> problems)
    {
        var end = bytes.IndexOf((byte)0);
        var raw = end < 0 ? bytes : bytes[..end];
        if (raw.IsEmpty || !Ascii.IsValid(raw))
        {
            problems.Add(new("descriptor", "No descriptor found"));
            return;
        }

        var extents = 0;
        string? type = null;
        foreach (var line in Encoding.ASCII.GetString(raw).ToLowerInvariant().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#' || line.StartsWith("ddb.", StringComparison.Ordinal) || line.StartsWith("ddb ", StringComparison.Ordinal))
            {
                continue;
            }

            if (line.Split(' ', 2)[0] is "rw" or "rdonly" or "noaccess")
            {
                extents++;
                CheckExtent(line, problems);
            }
            else if (line.Split('=', 2) is [var name, var value] && !name.TrimEnd().Contains(' ', StringComparison.Ordinal))
            {
                type = CheckField(name.Trim(), value.Trim().Trim('"'), type, problems);
            }
            else
            {
                problems.Add(new("descriptor", "Invalid VMDK descriptor data"));
            }
        }

        if (type is null || !AllowedTypes.Contains(type))
        {
            problems.Add(new("descriptor", "Unsupported subformat"));
        }

        if (extents != 1)
        {
            problems.Add(new("descriptor", extents == 0 ? "No extents found" : "Image has more than one extent"));
        }
    }

    private static string? CheckField(string name, string value, string? type, List<ImageProblem> problems)
    {
        if (name == "createtype")
        {
            if (type is not null && type != value)
            {
                problems.Add(new("descriptor", "Image has two subformats"));
            }

            return value;
        }

        if (name == "parentfilenamehint" || (name == "parentcid" && value != "ffffffff"))
        {
            problems.Add(new("backing_file", "Image has a parent"));
        }

        return type;
    }

    /// <summary>RW 8192 SPARSE "disk.vmdk": the kind must be SPARSE, the name a bare one (QEMU doesn't open it for embedded descriptors).</summary>
    private static void CheckExtent(string line, List<ImageProblem> problems)
    {
        var words = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 4 || words[2] != "sparse")
        {
            problems.Add(new("descriptor", "Unsupported extent type"));
        }
        else if (words[3].AsSpan().IndexOfAny("/\\:") >= 0)
        {
            problems.Add(new("descriptor", "Invalid extent filenames found"));
        }
    }

    /// <summary>A stream-optimised image repeats its header at its end, and QEMU believes the second one: both must say the same.</summary>
    private static void CheckFooter(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, List<ImageProblem> problems)
    {
        if (tail.Length < ImageInspector.TailLimit)
        {
            problems.Add(new("footer", "Image has no footer"));
            return;
        }

        var marker = tail[..512];
        var footer = tail.Slice(512, 512);
        var end = tail.Slice(1024, 512);
        if (U32(marker, 8) != 0 || U32(marker, 12) != 3 || marker[16..].ContainsAnyExcept((byte)0))
        {
            problems.Add(new("footer", "Footer marker is invalid"));
        }

        if (!footer[..8].SequenceEqual(head[..8]) || !footer.Slice(28, 16).SequenceEqual(head.Slice(28, 16)))
        {
            problems.Add(new("footer", "Footer specifies a different descriptor than header"));
        }

        if (!footer.Slice(12, 16).SequenceEqual(head.Slice(12, 16)))
        {
            problems.Add(new("footer", "Footer and header give different sizes"));
        }

        if (U64(footer, 56) == DirectoryAtEnd)
        {
            problems.Add(new("footer", "Footer indicates another footer"));
        }

        if (U64(end, 0) != 0 || U32(end, 8) != 0 || U32(end, 12) != 0 || end[16..].ContainsAnyExcept((byte)0))
        {
            problems.Add(new("footer", "End-of-stream marker is invalid"));
        }
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(offset, 4));

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(offset, 8));
}
