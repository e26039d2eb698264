// SPDX-License-Identifier: Apache-2.0
using System.Buffers;

namespace Meridian.Platform.Http;

/// <summary>A buffer that grows in arrays of the shared pool, so that an answer of a megabyte leaves no garbage. Dispose it when what was written has been sent.</summary>
internal sealed class PooledBuffer(int size) : IBufferWriter<byte>, IDisposable
{
    private byte[] array = ArrayPool<byte>.Shared.Rent(size);

    public int WrittenCount { get; private set; }

    public ReadOnlyMemory<byte> Written => array.AsMemory(0, WrittenCount);

    public void Advance(int count) => WrittenCount += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return array.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        var last = array;
        array = [];
        WrittenCount = 0;
        ArrayPool<byte>.Shared.Return(last);
    }

    private void Ensure(int free)
    {
        if (array.Length - WrittenCount >= free)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(array.Length * 2, WrittenCount + free));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(array);
        array = larger;
    }
}
