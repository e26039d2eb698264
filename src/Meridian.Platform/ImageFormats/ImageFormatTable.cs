// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Platform.ImageFormats;

/// <summary>All formats: which of them a content is, and the check that belongs to each.</summary>
internal static class ImageFormatTable
{
    /// <returns>Names of all formats whose marks the content bears, the one to judge by first; empty for raw.</returns>
    public static List<string> Detect(ImageContent content)
    {
        var found = new List<string>();
        Add(found, "qcow2", Qcow2Format.Matches(content));
        Add(found, "qed", content.StartsWith("QED\0"u8));
        Add(found, "vmdk", VmdkFormat.Matches(content));
        Add(found, "vhdx", content.StartsWith("vhdxfile"u8));
        Add(found, "vhd", content.StartsWith("conectix"u8));
        Add(found, "vdi", VdiFormat.Matches(content));
        Add(found, "luks", content.StartsWith("LUKS"u8) && content.HasAt(4, [0xba, 0xbe]));
        Add(found, "parallels", content.StartsWith("WithoutFreeSpace"u8) || content.StartsWith("WithouFreSpacExt"u8));
        Add(found, "bochs", content.StartsWith("Bochs Virtual HD Image"u8));
        Add(found, "cloop", content.StartsWith("#!/bin/sh\n#V2.0 Format\n"u8));
        Add(found, "iso", IsoFormat.Matches(content));

        // A bootable ISO has a partition table too, and is an ISO (OSSA-2024-001 knows no harm in that).
        Add(found, "gpt", found is not ["iso"] && PartitionTable.Matches(content));
        return found;
    }

    /// <returns>The virtual size where the content says it.</returns>
    public static long? Check(string format, ImageContent content, List<ImageProblem> problems)
    {
        switch (format)
        {
            case "qcow2":
                return Qcow2Format.Check(content, problems);
            case "vmdk":
                return VmdkFormat.Check(content, problems);
            case "vhdx":
                return VhdxFormat.Check(content, problems);
            case "vhd":
                return VhdFormat.Check(content, problems);
            case "vdi":
                return VdiFormat.Check(content, problems);
            case "luks":
                return LuksFormat.Check(content, problems);
            case "gpt":
                PartitionTable.Check(content, problems);
                return content.Length;
            case "raw" or "iso":
                return content.Length;
            default:
                problems.Add(new("banned", "This file format is not allowed"));
                return null;
        }
    }

    private static void Add(List<string> found, string format, bool matches)
    {
        if (matches)
        {
            found.Add(format);
        }
    }
}
