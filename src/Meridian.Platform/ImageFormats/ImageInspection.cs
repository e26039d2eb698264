// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Platform.ImageFormats;

/// <summary>What the content of an image is, whatever was said about it. Names are glance's disk formats, "gpt" for a raw disk with a partition table.</summary>
public sealed record ImageInspection
{
    /// <summary>"raw" when nothing else was recognised.</summary>
    public required string Format { get; init; }

    /// <summary>The size of the disk that a guest would see; null when the content doesn't say (or is broken, see <see cref="Problems"/>).</summary>
    public required long? VirtualSizeBytes { get; init; }

    /// <summary>How many bytes were inspected.</summary>
    public required long Length { get; init; }

    /// <summary>Why the content mustn't be opened by any program; empty when it is safe.</summary>
    public required IReadOnlyList<ImageProblem> Problems { get; init; }

    public bool IsSafe => Problems.Count == 0;

    /// <summary>Whether content of this format may be stored or opened as <paramref name="diskFormat"/>.</summary>
    /// <remarks>Raw means a disk, with or without a partition table; it never means "anything". The kernel formats (ami, aki, ari) are raw data.</remarks>
    public bool Matches(string diskFormat) => diskFormat switch
    {
        "raw" or "ami" => Format is "raw" or "gpt",
        "aki" or "ari" => Format is "raw",
        _ => Format == diskFormat,
    };

    /// <summary>Why an image declared as <paramref name="diskFormat"/> is refused; null when it may be used.</summary>
    public string? RefusalAs(string diskFormat)
    {
        if (!Matches(diskFormat))
        {
            return $"Content does not match expected format '{diskFormat}' (it is '{Format}')";
        }

        return IsSafe ? null : "Safety checks failed: " + string.Join(", ", Problems.Select(p => $"{p.Check} ({p.Reason})"));
    }
}

/// <param name="Check">A short name to count and test by, such as "backing_file".</param>
/// <param name="Reason">What was found, without any of the content.</param>
public sealed record ImageProblem(string Check, string Reason);
