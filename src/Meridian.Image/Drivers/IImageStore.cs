// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Image.Drivers;

/// <summary>Where images' data lies. Knows no database and no HTTP; a location is the store's own URL and never a client's.</summary>
internal interface IImageStore
{
    /// <summary>Begins to take an image's data. What was left of an earlier attempt with this id is replaced.</summary>
    /// <exception cref="StorageFullException">No room for <paramref name="size"/> bytes.</exception>
    ValueTask<ImageWriter> BeginAsync(string imageId, long? size, CancellationToken cancellationToken);

    /// <exception cref="FileNotFoundException">The data is gone.</exception>
    ValueTask<ImageReader> OpenAsync(string location, CancellationToken cancellationToken);

    /// <summary>Removes data; returns normally when there is none.</summary>
    ValueTask DeleteAsync(string location, CancellationToken cancellationToken);

    /// <summary>Removes what an upload that never ended left behind.</summary>
    ValueTask DiscardPartialAsync(string imageId, CancellationToken cancellationToken);
}

/// <summary>Data on its way into a store. Disposed without <see cref="CommitAsync"/>, nothing of it stays.</summary>
internal abstract class ImageWriter : IAsyncDisposable
{
    /// <exception cref="StorageFullException">No room left.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Makes the data the image's.</summary>
    /// <returns>Its location.</returns>
    public abstract ValueTask<string> CommitAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>An image's data, to read from anywhere in it.</summary>
internal abstract class ImageReader : IDisposable
{
    public abstract long Length { get; }

    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    public abstract void Dispose();
}

/// <summary>The store has no room left.</summary>
internal sealed class StorageFullException(string message, Exception? inner = null) : Exception(message, inner);
