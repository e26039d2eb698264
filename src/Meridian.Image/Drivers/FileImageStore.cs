// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Native;

using Microsoft.Win32.SafeHandles;

namespace Meridian.Image.Drivers;

/// <summary>Images as files of one folder, named by their ids, as glance_store's file store has them; data on its way ends in .part.</summary>
internal sealed class FileImageStore(string folder) : IImageStore
{
    private const string Scheme = "file://";
    private const string Partial = ".part";
    private const long WritebackBytes = 16 << 20;

    // What the runtime throws, without an errno, when the file system has no room for a preallocation or cannot hold so large a file.
    private const int PreallocationFailed = unchecked((int)0x80131620);

    public ValueTask<ImageWriter> BeginAsync(string imageId, long? size, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var path = PathOf(imageId);
        var handle = Guard(() => File.OpenHandle(path + Partial, FileMode.Create, FileAccess.Write, FileShare.None, preallocationSize: size ?? 0));
        File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return ValueTask.FromResult<ImageWriter>(new Writer(handle, path));
    }

    public ValueTask<ImageReader> OpenAsync(string location, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ImageReader>(new Reader(File.OpenHandle(FromLocation(location), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete)));

    public ValueTask DeleteAsync(string location, CancellationToken cancellationToken)
    {
        File.Delete(FromLocation(location));
        return ValueTask.CompletedTask;
    }

    public ValueTask DiscardPartialAsync(string imageId, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
        {
            // The process may also have died between renaming the file and writing the row.
            File.Delete(PathOf(imageId) + Partial);
            File.Delete(PathOf(imageId));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>ENOSPC, EDQUOT and EFBIG become <see cref="StorageFullException"/>.</summary>
    private static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (IOException exception) when (IsFull(exception))
        {
            throw new StorageFullException("There is not enough disk space on the image storage media.", exception);
        }
    }

    private static bool IsFull(IOException exception) => exception.HResult == PreallocationFailed || (exception.HResult & 0xffff) is 28 or 122 or 27;

    // Ids are UUIDs that the service made or checked; nothing else becomes part of a path (OSSA-2014-041).
    private string PathOf(string imageId) => Path.Combine(folder, Guid.ParseExact(imageId, "D").ToString("D"));

    /// <exception cref="FileNotFoundException">The location is not below this store's folder: the folder was changed, or the row was.</exception>
    private string FromLocation(string location)
    {
        var path = location.StartsWith(Scheme, StringComparison.Ordinal) ? Path.GetFullPath(location[Scheme.Length..]) : "";
        return Path.GetDirectoryName(path) == Path.GetFullPath(folder).TrimEnd('/') ? path : throw new FileNotFoundException("An image's location is not in this store.", path);
    }

    private sealed class Writer(SafeFileHandle handle, string path) : ImageWriter
    {
        private long position;
        private long started;
        private bool moved;
        private bool committed;

        // Regular files have no asynchronous writes on Linux either; the caller is on a thread of its own.
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            Guard(() =>
            {
                RandomAccess.Write(handle, data.Span, position);
                return true;
            });
            position += data.Length;
            if (position - started >= WritebackBytes)
            {
                DurableFile.StartWriteback(handle, started, position - started);
                started = position;
            }

            return ValueTask.CompletedTask;
        }

        public override ValueTask<string> CommitAsync(CancellationToken cancellationToken)
        {
            // Room was taken for the size announced; the data may have been less.
            RandomAccess.SetLength(handle, position);

            // On disk before the image becomes active: a power cut must not leave an active image without its data.
            Guard(() =>
            {
                RandomAccess.FlushToDisk(handle);
                return true;
            });
            handle.Dispose();
            File.Move(path + Partial, path, overwrite: true);
            moved = true;
            DurableFile.FlushFolder(Path.GetDirectoryName(path)!);
            committed = true;
            return ValueTask.FromResult(Scheme + Path.GetFullPath(path));
        }

        public override ValueTask DisposeAsync()
        {
            handle.Dispose();
            if (!committed)
            {
                File.Delete(moved ? path : path + Partial);
            }

            return ValueTask.CompletedTask;
        }
    }

    private sealed class Reader(SafeFileHandle handle) : ImageReader
    {
        public override long Length { get; } = RandomAccess.GetLength(handle);

        // Regular files have no asynchronous reads on Linux: a synchronous one from the page cache beats a hop to another thread.
        public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            ValueTask.FromResult(RandomAccess.Read(handle, buffer.Span, offset));

        public override void Dispose() => handle.Dispose();
    }
}
