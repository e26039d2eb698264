// SPDX-License-Identifier: Apache-2.0
using Meridian.Image.Drivers;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Image.Tests.Images;

/// <summary>What counts the memory of the process runs while no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class UploadTests(ImageFixture glance) : IClassFixture<ImageFixture>
{
    [Fact]
    public async Task A_store_that_is_full_is_413_and_the_image_queued_again()
    {
        var store = new FullStore();
        glance.Override = services => services.AddSingleton<IImageStore>(store);
        await glance.RestartAsync();
        var id = await glance.CreateAsync();

        var refused = await glance.UploadAsync(id, new byte[5 << 20]);

        Assert.Equal(413, refused.Status);
        Assert.Contains("Image storage media is full", refused.Text, StringComparison.Ordinal);
        Assert.Equal("queued", await glance.StatusAsync(id));
        Assert.True(store.Discarded);
        glance.Override = null;
        await glance.RestartAsync();
    }

    [Fact]
    public async Task An_image_deleted_during_its_upload_leaves_no_data()
    {
        var id = await glance.CreateAsync();
        var source = new PausingStream(4 << 20);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/images/{id}/file") { Content = new StreamContent(source) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Content.Headers.ContentLength = 4 << 20;

        var upload = glance.SendAsync(request, "demo");
        Assert.True(await Wait.UntilAsync(async () => await glance.StatusAsync(id) == "saving"));
        var deleted = await glance.SendAsync("DELETE", $"/v2/images/{id}");
        source.Go.SetResult();
        var answer = await upload;

        Assert.Equal((204, 410), (deleted.Status, answer.Status));
        Assert.Empty(Directory.GetFiles(glance.Store, id + "*"));
    }

    [Fact]
    public async Task Memory_stays_flat_whatever_the_size()
    {
        const long Size = 256L << 20;
        var id = await glance.CreateAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v2/images/{id}/file") { Content = new StreamContent(new ZeroStream(Size), 1 << 20) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Content.Headers.ContentLength = Size;
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var answer = await glance.SendAsync(request, "demo");
        var after = GC.GetTotalMemory(forceFullCollection: true);

        Assert.Equal(204, answer.Status);
        Assert.True(after - before < 32 << 20, $"{(after - before) >> 20} MiB more are held after an upload of {Size >> 20} MiB");
        await glance.SendAsync("DELETE", $"/v2/images/{id}");
    }

    /// <summary>Takes a few bytes and is full.</summary>
    private sealed class FullStore : IImageStore
    {
        public bool Discarded { get; private set; }

        public ValueTask<ImageWriter> BeginAsync(string imageId, long? size, CancellationToken cancellationToken) => ValueTask.FromResult<ImageWriter>(new Writer(this));

        public ValueTask<ImageReader> OpenAsync(string location, CancellationToken cancellationToken) => throw new FileNotFoundException(location);

        public ValueTask DeleteAsync(string location, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DiscardPartialAsync(string imageId, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        private sealed class Writer(FullStore store) : ImageWriter
        {
            private long taken;

            public override ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
                (taken += data.Length) > 2 << 20 ? throw new StorageFullException("There is not enough disk space on the image storage media.") : ValueTask.CompletedTask;

            public override ValueTask<string> CommitAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("A full store commits nothing.");

            public override ValueTask DisposeAsync()
            {
                store.Discarded = true;
                return ValueTask.CompletedTask;
            }
        }
    }

    /// <summary>Gives its last quarter only when told to.</summary>
    private sealed class PausingStream(int length) : MemoryStream(new byte[length])
    {
        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position > Length * 3 / 4)
            {
                await Go.Task.WaitAsync(cancellationToken);
            }

            return await base.ReadAsync(buffer, cancellationToken);
        }
    }

    private sealed class ZeroStream(long length) : Stream
    {
        private long position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - position);
            Array.Clear(buffer, offset, read);
            position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
