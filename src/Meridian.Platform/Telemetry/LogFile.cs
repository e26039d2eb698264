// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Threading.Channels;

namespace Meridian.Platform.Telemetry;

/// <summary>
/// Where a program's log lines go: a file of bounded size with one predecessor (<c>.1</c>), or a stream such as standard error. Writers never wait: one
/// task writes, and lines that find the queue full are dropped and counted in the log.
/// </summary>
public sealed class LogFile : IAsyncDisposable
{
    /// <summary>A file is set aside when it has grown to this size.</summary>
    public const long LargestBytes = 16L * 1024 * 1024;

    private readonly Channel<string> lines = Channel.CreateBounded<string>(new BoundedChannelOptions(8192) { SingleReader = true });
    private readonly string? path;
    private readonly long largest;
    private readonly Task writing;
    private Stream stream;
    private long dropped;

    private LogFile(string? path, Stream stream, long largest)
    {
        this.path = path;
        this.stream = stream;
        this.largest = largest;
        writing = WriteAsync();
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static LogFile Open(string path, long largest = LargestBytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new(path, OpenStream(path), largest);
    }

    public static LogFile ToStream(Stream stream) => new(null, stream, long.MaxValue);

    public void Write(string line)
    {
        if (!lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref dropped);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing;
        if (path is not null)
        {
            await stream.DisposeAsync();
        }
    }

    private static FileStream OpenStream(string path) => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1);

    private async Task WriteAsync()
    {
        var buffer = new StringBuilder();
        while (await lines.Reader.WaitToReadAsync())
        {
            while (buffer.Length < 64 * 1024 && lines.Reader.TryRead(out var line))
            {
                buffer.Append(line).Append('\n');
            }

            if (Interlocked.Exchange(ref dropped, 0) is > 0 and var lost)
            {
                buffer.Append($"({lost} log lines were dropped: they came faster than the disk takes them)\n");
            }

            var bytes = Encoding.UTF8.GetBytes(buffer.ToString());
            buffer.Clear();
            try
            {
                await stream.WriteAsync(bytes);
                await stream.FlushAsync();
                await RotateAsync();
            }
            catch (IOException)
            {
                // A full disk must not end the program; what could not be written is lost.
            }
        }
    }

    private async Task RotateAsync()
    {
        if (path is null || stream.Length < largest)
        {
            return;
        }

        await stream.DisposeAsync();
        File.Move(path, path + ".1", overwrite: true);
        stream = OpenStream(path);
    }
}
