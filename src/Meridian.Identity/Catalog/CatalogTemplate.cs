// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

using Meridian.Platform.Http;

namespace Meridian.Identity.Catalog;

/// <summary>A catalog as JSON with holes where the asker's ids stand: made once, filled by copying.</summary>
internal sealed class CatalogTemplate
{
    private readonly byte[] text;
    private readonly Hole[] holes;
    private readonly byte[] hash;
    private readonly int projectHoles;

    private CatalogTemplate(byte[] text, Hole[] holes)
    {
        (this.text, this.holes) = (text, holes);
        projectHoles = holes.Count(h => h.Field == EndpointUrl.Field.Project);

        // Where the holes are belongs to the content: two catalogs may have the same text around them.
        hash = SHA256.HashData([.. text, .. MemoryMarshal.AsBytes(holes.Select(h => (h.Position << 1) | (int)h.Field - 1).ToArray().AsSpan())]);
    }

    public static CatalogTemplate Empty { get; } = new([.. "[]"u8], []);

    public int Size => text.Length;

    /// <param name="hasProject">Whether there will be a project: without one, URLs that need it are left out.</param>
    /// <param name="only">The endpoints that a project is associated with, whose services alone are shown; null for all.</param>
    public static CatalogTemplate Make(IEnumerable<CatalogService> services, bool hasProject, IReadOnlySet<string>? only = null)
    {
        var output = new ArrayBufferWriter<byte>(8192);
        var holes = new List<Hole>();
        output.Write("["u8);
        var first = true;
        foreach (var service in services)
        {
            var endpoints = service.Endpoints.Where(e => (hasProject || !e.Url.NeedsProject) && (only is null || only.Contains(e.Row.Id))).ToList();
            if (only is not null && endpoints.Count == 0)
            {
                continue;
            }

            output.Write(first ? "{\"endpoints\":["u8 : ",{\"endpoints\":["u8);
            first = false;
            for (var i = 0; i < endpoints.Count; i++)
            {
                output.Write(i == 0 ? "{\"id\":"u8 : ",{\"id\":"u8);
                WriteEndpoint(output, endpoints[i], holes);
            }

            output.Write("],\"id\":"u8);
            WriteText(output, service.Row.Id);
            output.Write(",\"type\":"u8);
            WriteText(output, service.Row.Type);
            output.Write(",\"name\":"u8);
            WriteText(output, service.Row.Name ?? "");
            output.Write("}"u8);
        }

        output.Write("]"u8);
        return new(output.WrittenSpan.ToArray(), [.. holes]);
    }

    public CatalogRendering For(string? projectId, string userId) => new(this, Encode(projectId ?? ""), Encode(userId));

    public int Length(byte[] project, byte[] user) => text.Length + (projectHoles * project.Length) + ((holes.Length - projectHoles) * user.Length);

    public void Write(IBufferWriter<byte> output, byte[] project, byte[] user)
    {
        var from = 0;
        foreach (var hole in holes)
        {
            output.Write(text.AsSpan(from..hole.Position));
            output.Write(hole.Field == EndpointUrl.Field.Project ? project : user);
            from = hole.Position;
        }

        output.Write(text.AsSpan(from));
    }

    /// <summary>What tells this catalog, filled so, from every other one.</summary>
    public string Tag(byte[] project, byte[] user)
    {
        if (holes.Length == 0)
        {
            return Quote(hash);
        }

        // No id holds a line feed, so that no two pairs of ids read alike.
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData([.. hash, .. projectHoles > 0 ? project : [], (byte)'\n', .. holes.Length > projectHoles ? user : []], digest);
        return Quote(digest);
    }

    private static string Quote(ReadOnlySpan<byte> digest) => $"\"{Convert.ToHexStringLower(digest[..16])}\"";

    private static void WriteEndpoint(ArrayBufferWriter<byte> output, CatalogEndpoint endpoint, List<Hole> holes)
    {
        WriteText(output, endpoint.Row.Id);
        output.Write(",\"interface\":"u8);
        WriteText(output, endpoint.Row.Interface);
        output.Write(",\"region_id\":"u8);
        WriteText(output, endpoint.Row.RegionId);
        output.Write(",\"url\":\""u8);
        foreach (var (literal, field) in endpoint.Url.Parts)
        {
            if (field == EndpointUrl.Field.Text)
            {
                output.Write(Encode(literal));
            }
            else
            {
                holes.Add(new(output.WrittenCount, field));
            }
        }

        output.Write("\",\"region\":"u8);
        WriteText(output, endpoint.Row.RegionId);
        output.Write("}"u8);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string? value)
    {
        if (value is null)
        {
            output.Write("null"u8);
            return;
        }

        output.Write("\""u8);
        output.Write(Encode(value));
        output.Write("\""u8);
    }

    private static byte[] Encode(string value) => JsonEncodedText.Encode(value, JsonResponse.WriterOptions.Encoder).EncodedUtf8Bytes.ToArray();

    private sealed record Hole(int Position, EndpointUrl.Field Field);
}

/// <summary>A service of the catalog with its enabled endpoints.</summary>
internal sealed record CatalogService(Service Row, IReadOnlyList<CatalogEndpoint> Endpoints);

/// <summary>An endpoint with its URL understood.</summary>
internal sealed record CatalogEndpoint(Endpoint Row, EndpointUrl Url);

/// <summary>A catalog for somebody.</summary>
internal readonly struct CatalogRendering(CatalogTemplate template, byte[] project, byte[] user)
{
    public int Length => template.Length(project, user);

    /// <summary>A strong entity tag.</summary>
    public string Tag => template.Tag(project, user);

    public void WriteTo(IBufferWriter<byte> output) => template.Write(output, project, user);
}
