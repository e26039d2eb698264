// SPDX-License-Identifier: Apache-2.0

using System.Buffers;

namespace Meridian.Platform.ImageFormats;

/// <summary>
/// Finds out what an image is while it streams by, keeping its first mebibyte, its end and at most one piece between: memory is flat
/// however large the image. No byte of an image is given to another program before this has judged it (OSSA-2015-011 to 2024-002).
/// </summary>
/// <remarks>Recognises whatever QEMU would recognise by probing, so that nothing called raw can be taken for something else later.</remarks>
public sealed class ImageInspector : IDisposable
{
    /// <summary>VMDK's descriptor may reach this far (the limit is QEMU's); every other format's header is shorter.</summary>
    internal const int HeadLimit = 512 + (1 << 20);

    internal const int TailLimit = 1536;

    private readonly byte[] head = ArrayPool<byte>.Shared.Rent(HeadLimit);
    private readonly byte[] tail = new byte[TailLimit];
    private int headLength;
    private int tailLength;
    private long length;
    private ImageRegion? region;
    private bool regionKnown;

    /// <summary>Takes the next bytes of the image.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (headLength < HeadLimit)
        {
            var part = bytes[..Math.Min(bytes.Length, HeadLimit - headLength)];
            part.CopyTo(head.AsSpan(headLength));
            headLength += part.Length;
        }

        if (!regionKnown && headLength >= VhdxFormat.RegionTableEnd)
        {
            regionKnown = true;
            region = VhdxFormat.FindMetadataRegion(head.AsSpan(0, headLength));
        }

        region?.Capture(bytes, length);
        KeepTail(bytes);
        length += bytes.Length;
    }

    /// <summary>Judges what was appended.</summary>
    public ImageInspection Complete()
    {
        var content = new ImageContent(head.AsSpan(0, headLength), tail.AsSpan(0, tailLength), region, length);
        var problems = new List<ImageProblem>();
        var found = ImageFormatTable.Detect(content);
        if (found.Count > 1)
        {
            problems.Add(new("multiple_formats", "Multiple formats detected: " + string.Join(", ", found)));
        }

        var format = found.Count > 0 ? found[0] : "raw";
        long? virtualSize;
        try
        {
            virtualSize = ImageFormatTable.Check(format, content, problems);
        }
        catch (ArgumentOutOfRangeException)
        {
            // A header that ends before its own fields do.
            problems.Add(new("truncated", "The image ends within its header"));
            virtualSize = null;
        }

        if (virtualSize < 0)
        {
            problems.Add(new("virtual_size", "The disk's size is not a size"));
            virtualSize = null;
        }

        return new() { Format = format, VirtualSizeBytes = virtualSize, Length = length, Problems = problems };
    }

    /// <summary>Inspects a stream from where it stands to its end. Of a file of known length only the parts that matter are read.</summary>
    public static async Task<ImageInspection> InspectAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var inspector = new ImageInspector();
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                inspector.Append(buffer.AsSpan(0, read));
                if (stream.CanSeek)
                {
                    inspector.SkipTo(stream);
                }
            }

            return inspector.Complete();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(head);

    /// <summary>Jumps over what no check looks at.</summary>
    private void SkipTo(Stream stream)
    {
        if (headLength < HeadLimit)
        {
            return;
        }

        var next = stream.Length - TailLimit;
        if (region is { IsComplete: false } pending && pending.Offset < next)
        {
            next = pending.Offset + pending.Captured;
        }

        var gap = next - stream.Position;
        if (gap > 0)
        {
            stream.Position = next;
            length += gap;
        }
    }

    private void KeepTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= TailLimit)
        {
            bytes[^TailLimit..].CopyTo(tail);
            tailLength = TailLimit;
            return;
        }

        var keep = Math.Min(tailLength, TailLimit - bytes.Length);
        tail.AsSpan(tailLength - keep, keep).CopyTo(tail);
        bytes.CopyTo(tail.AsSpan(keep));
        tailLength = keep + bytes.Length;
    }
}

/// <summary>A piece beyond the head that a format asked for.</summary>
internal sealed class ImageRegion(long offset, int size)
{
    private readonly byte[] bytes = new byte[size];

    public long Offset => offset;

    public int Captured { get; private set; }

    public bool IsComplete => Captured == bytes.Length;

    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, Captured);

    public void Capture(ReadOnlySpan<byte> chunk, long position)
    {
        var start = offset + Captured - position;
        if (IsComplete || start < 0 || start >= chunk.Length)
        {
            return;
        }

        var part = chunk[(int)start..];
        part = part[..Math.Min(part.Length, bytes.Length - Captured)];
        part.CopyTo(bytes.AsSpan(Captured));
        Captured += part.Length;
    }
}

/// <summary>What the checks may look at.</summary>
internal readonly ref struct ImageContent(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, ImageRegion? region, long length)
{
    public ReadOnlySpan<byte> Head { get; } = head;

    /// <summary>The last 1536 bytes, or all of a shorter image.</summary>
    public ReadOnlySpan<byte> Tail { get; } = tail;

    public ImageRegion? Region { get; } = region;

    public long Length { get; } = length;

    public bool StartsWith(ReadOnlySpan<byte> magic) => Head.StartsWith(magic);

    public bool HasAt(int offset, ReadOnlySpan<byte> magic) => Head.Length >= offset + magic.Length && Head.Slice(offset, magic.Length).SequenceEqual(magic);
}
