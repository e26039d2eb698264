// SPDX-License-Identifier: Apache-2.0

using CsCheck;
using Meridian.Platform.ImageFormats;
using Meridian.Platform.Processes;
using Meridian.Testing;

namespace Meridian.Platform.Tests.ImageFormats;

public sealed class ImageInspectorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> HonestNames => [.. ImageCorpus.Honest.Select(i => i.Name)];

    public static TheoryData<string> MaliciousNames => [.. ImageCorpus.Malicious.Select(i => i.Name)];

    private static ImageInspection Inspect(byte[] content, int chunk = 65536)
    {
        using var inspector = new ImageInspector();
        for (var at = 0; at < content.Length; at += chunk)
        {
            inspector.Append(content.AsSpan(at, Math.Min(chunk, content.Length - at)));
        }

        return inspector.Complete();
    }

    [Fact]
    public void The_corpus_is_large_and_its_names_are_different()
    {
        Assert.True(ImageCorpus.Malicious.Count >= 60, $"{ImageCorpus.Malicious.Count}");
        Assert.Distinct(ImageCorpus.Malicious.Select(i => i.Name));
    }

    [Theory]
    [MemberData(nameof(MaliciousNames))]
    public async Task A_malicious_image_is_refused(string name)
    {
        var image = ImageCorpus.Malicious.Single(i => i.Name == name);

        Assert.NotNull(Inspect(image.Content).RefusalAs(image.DeclaredFormat));
        Assert.NotNull(Inspect(image.Content, 7).RefusalAs(image.DeclaredFormat));
        Assert.NotNull((await ImageInspector.InspectAsync(new MemoryStream(image.Content), Token)).RefusalAs(image.DeclaredFormat));
    }

    [Theory]
    [MemberData(nameof(HonestNames))]
    public async Task An_honest_image_passes(string name)
    {
        var image = ImageCorpus.Honest.Single(i => i.Name == name);

        Assert.Null(Inspect(image.Content).RefusalAs(image.DeclaredFormat));
        Assert.Null(Inspect(image.Content, 13).RefusalAs(image.DeclaredFormat));
        Assert.Null((await ImageInspector.InspectAsync(new MemoryStream(image.Content), Token)).RefusalAs(image.DeclaredFormat));
    }

    [Theory]
    [InlineData("qcow2")]
    [InlineData("vmdk")]
    [InlineData("vhd")]
    [InlineData("vhdx")]
    [InlineData("vdi")]
    public void The_size_that_a_guest_would_see_is_read(string format)
    {
        var expected = format == "vmdk" ? 65536 : 1 << 20;

        Assert.Equal(expected, Inspect(ImageCorpus.Honest.Last(i => i.DeclaredFormat == format).Content).VirtualSizeBytes);
    }

    [Fact]
    public void Whatever_bytes_follow_a_header_nothing_is_thrown()
    {
        var images = ImageCorpus.Honest.Concat(ImageCorpus.Malicious).Select(i => i.Content).ToArray();
        Gen.Select(Gen.Int[0, images.Length - 1], Gen.Int[0, 1200], Gen.Byte.Array[1, 40], Gen.Int[1, 5000]).Sample(
            (image, at, bytes, length) =>
            {
                var content = images[image][..Math.Min(images[image].Length, length)];
                bytes.AsSpan(0, Math.Clamp(content.Length - at, 0, bytes.Length)).CopyTo(content.AsSpan(Math.Min(at, content.Length)));
                var inspection = Inspect(content);
                Assert.True(inspection.VirtualSizeBytes is null or >= 0 || !inspection.IsSafe);
            },
            iter: 3000);
    }

    [Theory]
    [Trait("needs", "engines")]
    [InlineData("qcow2", "qcow2", "compat=0.10")]
    [InlineData("qcow2", "qcow2", "compat=1.1,compression_type=zstd,extended_l2=on")]
    [InlineData("vmdk", "vmdk", "subformat=monolithicSparse")]
    [InlineData("vmdk", "vmdk", "subformat=streamOptimized")]
    [InlineData("vpc", "vhd", "subformat=dynamic,force_size=on")]
    [InlineData("vhdx", "vhdx", "subformat=dynamic")]
    [InlineData("vdi", "vdi", "static=off")]
    [InlineData("vdi", "vdi", "static=on")]
    [InlineData("raw", "raw", "preallocation=off")]
    public async Task What_qemu_makes_is_recognised(string qemuFormat, string format, string options)
    {
        using var folder = new TemporaryFolder();
        var source = folder.File("source");
        await File.WriteAllBytesAsync(source, new byte[3 << 20], Token);
        await ProcessRunner.RunAsync("qemu-img", ["convert", "-f", "raw", "-O", qemuFormat, "-o", options, source, folder.File("image")], ProcessOptions.Default, Token);

        await using var image = File.OpenRead(folder.File("image"));
        var inspection = await ImageInspector.InspectAsync(image, Token);

        Assert.Null(inspection.RefusalAs(format));
        Assert.Equal(3 << 20, inspection.VirtualSizeBytes);
        Assert.Equal(image.Length, inspection.Length);
    }

    [Theory]
    [Trait("needs", "engines")]
    [InlineData("qcow2", "backing_file=/etc/passwd,backing_fmt=raw")]
    [InlineData("qcow2", "data_file=DATA")]
    [InlineData("vmdk", "subformat=monolithicFlat")]
    [InlineData("vmdk", "subformat=twoGbMaxExtentSparse")]
    [InlineData("qed", "cluster_size=65536")]
    public async Task What_qemu_makes_of_several_files_is_refused(string format, string options)
    {
        using var folder = new TemporaryFolder();
        string[] unsafeFlag = options.Contains("backing", StringComparison.Ordinal) ? ["-u"] : [];
        await ProcessRunner.RunAsync(
            "qemu-img", ["create", "-q", "-f", format, .. unsafeFlag, "-o", options.Replace("DATA", folder.File("data"), StringComparison.Ordinal), folder.File("image"), "3M"],
            ProcessOptions.Default, Token);

        await using var image = File.OpenRead(folder.File("image"));
        var inspection = await ImageInspector.InspectAsync(image, Token);

        Assert.NotNull(inspection.RefusalAs(format));
        Assert.NotNull(inspection.RefusalAs("raw"));
    }
}
