// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.EndpointFilter;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Catalog;

/// <summary>
/// Service catalogs of one catalog revision. All projects share one template; a project with endpoints of its own (OS-EP-FILTER) shares one with those that have the
/// same. Source: Keystone's catalog, which shows enabled services and endpoints only, and of a filtered project's services only those with endpoints.
/// </summary>
internal sealed class CatalogCache(Database database, Revisions revisions, ServiceConfig config)
{
    /// <summary>Bytes of filtered templates kept; beyond it all are dropped and made anew as they are asked for.</summary>
    private const int MaxFilteredBytes = 32 << 20;

    private readonly bool wholeIfNoFilter = config.Get(EndpointFilterOptions.ReturnAllEndpointsIfNoFilter);
    private volatile Snapshot? current;

    /// <summary>The value of <c>"catalog"</c> for a user on a project, or on none.</summary>
    public async ValueTask<CatalogRendering> GetAsync(string? projectId, string userId, CancellationToken cancellationToken)
    {
        var revision = revisions.CatalogRevision;
        if (current is not { } snapshot || snapshot.Revision != revision)
        {
            current = snapshot = await LoadAsync(revision, cancellationToken);
        }

        if (projectId is null || !snapshot.FilteredProjects.Contains(projectId))
        {
            return Unfiltered(snapshot, projectId).For(projectId, userId);
        }

        return (snapshot.Filtered.GetValueOrDefault(projectId) ?? await FilterAsync(snapshot, projectId, cancellationToken)).For(projectId, userId);
    }

    private CatalogTemplate Unfiltered(Snapshot snapshot, string? projectId) =>
        !wholeIfNoFilter ? CatalogTemplate.Empty : projectId is null ? snapshot.WithoutProject : snapshot.WithProject;

    private async Task<CatalogTemplate> FilterAsync(Snapshot snapshot, string projectId, CancellationToken cancellationToken)
    {
        IReadOnlyList<Endpoint> own;
        await using (var db = database.Open())
        {
            own = await EndpointFilterStore.EndpointsOfProjectAsync(db, projectId, cancellationToken);
        }

        // Associated with groups that no endpoint is in: nothing is filtered.
        var template = own.Count == 0 ? Unfiltered(snapshot, projectId) : snapshot.Share(own);
        snapshot.Filtered[projectId] = template;
        return template;
    }

    private async Task<Snapshot> LoadAsync(long revision, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var services = await db.GetTable<Service>().Where(s => s.Enabled).OrderBy(s => s.Type).ThenBy(s => s.Id).ToListAsync(cancellationToken);
        var endpoints = await db.GetTable<Endpoint>().Where(e => e.Enabled).OrderBy(e => e.Interface).ThenBy(e => e.RegionId).ThenBy(e => e.Id).ToListAsync(cancellationToken);
        var filtered = (await db.GetTable<ProjectEndpoint>().Select(a => a.ProjectId).Distinct().ToListAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
        filtered.UnionWith(await db.GetTable<ProjectEndpointGroup>().Select(a => a.ProjectId).Distinct().ToListAsync(cancellationToken));

        // A URL that no template can be made of was written by another program; it is skipped, as Keystone skips malformed ones.
        var parsed = endpoints.Select(e => (Endpoint: e, Url: EndpointUrl.TryParse(e.Url, out var url) ? url : null))
            .Where(e => e.Url is not null).ToLookup(e => e.Endpoint.ServiceId, e => new CatalogEndpoint(e.Endpoint, e.Url!));
        return new(revision, [.. services.Select(s => new CatalogService(s, [.. parsed[s.Id]]))], filtered);
    }

    private sealed class Snapshot(long revision, IReadOnlyList<CatalogService> services, HashSet<string> filteredProjects)
    {
        private readonly ConcurrentDictionary<string, CatalogTemplate> shared = new(StringComparer.Ordinal);
        private readonly Lazy<CatalogTemplate> withProject = new(() => CatalogTemplate.Make(services, hasProject: true));
        private readonly Lazy<CatalogTemplate> withoutProject = new(() => CatalogTemplate.Make(services, hasProject: false));
        private int sharedBytes;

        public long Revision => revision;

        public CatalogTemplate WithProject => withProject.Value;

        public CatalogTemplate WithoutProject => withoutProject.Value;

        /// <summary>The projects that are associated with an endpoint or a group.</summary>
        public HashSet<string> FilteredProjects => filteredProjects;

        public ConcurrentDictionary<string, CatalogTemplate> Filtered { get; } = new(StringComparer.Ordinal);

        /// <param name="endpoints">In the order of their ids.</param>
        public CatalogTemplate Share(IReadOnlyList<Endpoint> endpoints) => shared.GetOrAdd(KeyOf(endpoints), _ =>
        {
            var template = CatalogTemplate.Make(services, hasProject: true, endpoints.Select(e => e.Id).ToHashSet(StringComparer.Ordinal));
            if (Interlocked.Add(ref sharedBytes, template.Size) > MaxFilteredBytes)
            {
                Interlocked.Exchange(ref sharedBytes, template.Size);
                shared.Clear();
                Filtered.Clear();
            }

            return template;
        });

        private static string KeyOf(IEnumerable<Endpoint> endpoints) =>
            Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(',', endpoints.Select(e => e.Id)))));
    }
}
