// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Catalog;

/// <summary>The service catalog as JSON, rendered once a project and catalog revision.</summary>
internal sealed class CatalogCache(Database database, Revisions revisions)
{
    /// <summary>Renderings kept; beyond it all are dropped and made anew as they are asked for.</summary>
    private const int MaxRenderings = 2000;

    private volatile Templates? current;

    /// <summary>The value of <c>"catalog"</c>: only enabled services and endpoints; URLs that need a project are left out without one.</summary>
    public async ValueTask<byte[]> GetAsync(string? projectId, string userId, CancellationToken cancellationToken)
    {
        var revision = revisions.CatalogRevision;
        if (current is not { } templates || templates.Revision != revision)
        {
            current = templates = await LoadAsync(revision, cancellationToken);
        }

        var key = (projectId ?? "", templates.NeedUser ? userId : "");
        if (templates.Rendered.TryGetValue(key, out var rendered))
        {
            return rendered;
        }

        rendered = Render(templates, projectId, userId);
        if (templates.Rendered.Count >= MaxRenderings)
        {
            templates.Rendered.Clear();
        }

        templates.Rendered[key] = rendered;
        return rendered;
    }

    private async Task<Templates> LoadAsync(long revision, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var services = await db.GetTable<Service>().Where(s => s.Enabled).OrderBy(s => s.Type).ThenBy(s => s.Id).ToListAsync(cancellationToken);
        var endpoints = await db.GetTable<Endpoint>().Where(e => e.Enabled).OrderBy(e => e.Interface).ThenBy(e => e.RegionId).ThenBy(e => e.Id).ToListAsync(cancellationToken);

        // A URL that no template can be made of was written by another program; it is skipped, as Keystone skips malformed ones.
        var parsed = endpoints.Select(e => (Endpoint: e, Url: EndpointUrl.TryParse(e.Url, out var url) ? url : null))
            .Where(e => e.Url is not null).ToLookup(e => e.Endpoint.ServiceId, e => (e.Endpoint, e.Url!));
        return new(revision, [.. services.Select(s => (s, parsed[s.Id].ToArray()))]);
    }

    private static byte[] Render(Templates templates, string? projectId, string userId)
    {
        var buffer = new ArrayBufferWriter<byte>(8192);
        using var writer = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        writer.WriteStartArray();
        foreach (var (service, endpoints) in templates.Services)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("endpoints");
            foreach (var (endpoint, url) in endpoints)
            {
                if (url.Format(projectId, userId) is not { } formatted)
                {
                    continue;
                }

                writer.WriteStartObject();
                writer.WriteString("id", endpoint.Id);
                writer.WriteString("interface", endpoint.Interface);
                writer.WriteString("region_id", endpoint.RegionId);
                writer.WriteString("url", formatted);
                writer.WriteString("region", endpoint.RegionId);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("id", service.Id);
            writer.WriteString("type", service.Type);
            writer.WriteString("name", service.Name ?? "");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private sealed class Templates(long revision, (Service Service, (Endpoint Endpoint, EndpointUrl Url)[] Endpoints)[] services)
    {
        public long Revision => revision;

        public (Service Service, (Endpoint Endpoint, EndpointUrl Url)[] Endpoints)[] Services => services;

        public bool NeedUser { get; } = services.Any(s => s.Endpoints.Any(e => e.Url.NeedsUser));

        public ConcurrentDictionary<(string Project, string User), byte[]> Rendered { get; } = new();
    }
}
