// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Catalog;
using Meridian.Identity.Regions;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Policies;

/// <summary>All SQL about associations of policies.</summary>
internal sealed class EndpointPolicyStore(Database database, IdentityWriter writer)
{
    public async Task<bool> ExistsAsync(PolicyAssociation wanted, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await SamePlace(db, wanted).AnyAsync(a => a.PolicyId == wanted.PolicyId, cancellationToken);
    }

    /// <summary>An endpoint, a service or a service in a region has one policy: a further one takes the place of the first.</summary>
    public Task SetAsync(PolicyAssociation association, CancellationToken cancellationToken) => writer.WriteAsync(
        db => db.InsertOrReplaceAsync(association, token: cancellationToken), cancellationToken);

    /// <summary>Idempotent, as Keystone's.</summary>
    public Task EnsureDeletedAsync(PolicyAssociation association, CancellationToken cancellationToken) => writer.WriteAsync(
        db => SamePlace(db, association).Where(a => a.PolicyId == association.PolicyId).DeleteAsync(cancellationToken), cancellationToken);

    /// <summary>The endpoint's own policy; else that of its service in its region or in the nearest region above; else that of its service.</summary>
    public async Task<PolicyBlob?> FindForEndpointAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var associations = await db.GetTable<PolicyAssociation>().Where(a => a.EndpointId == endpoint.Id || a.ServiceId == endpoint.ServiceId).ToListAsync(cancellationToken);
        var found = associations.Find(a => a.EndpointId == endpoint.Id);
        foreach (var region in found is null ? await RegionStore.LineageAsync(db, endpoint.RegionId, cancellationToken) : [])
        {
            found ??= associations.Find(a => a.RegionId == region);
        }

        found ??= associations.Find(a => a is { EndpointId: "", RegionId: "" });
        return found is null ? null : await db.GetTable<PolicyBlob>().FirstOrDefaultAsync(p => p.Id == found.PolicyId, cancellationToken);
    }

    /// <summary>Every endpoint that an association of the policy speaks of; a region speaks for the regions below it.</summary>
    public async Task<IReadOnlyList<Endpoint>> ListEndpointsAsync(string policyId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var found = new List<Endpoint>();
        foreach (var association in await db.GetTable<PolicyAssociation>().Where(a => a.PolicyId == policyId).ToListAsync(cancellationToken))
        {
            var regions = association.RegionId.Length == 0 ? [] : await RegionStore.BranchAsync(db, association.RegionId, cancellationToken);
            var endpoints = db.GetTable<Endpoint>();
            found.AddRange(await (association switch
            {
                { EndpointId: { Length: > 0 } id } => endpoints.Where(e => e.Id == id),
                { RegionId: "" } => endpoints.Where(e => e.ServiceId == association.ServiceId),
                _ => endpoints.Where(e => e.ServiceId == association.ServiceId && regions.Contains(e.RegionId!)),
            }).ToListAsync(cancellationToken));
        }

        return [.. found.DistinctBy(e => e.Id).OrderBy(e => e.Id, StringComparer.Ordinal)];
    }

    /// <summary>Removes the associations of endpoints, services or regions that are gone.</summary>
    public static Task DeleteOfAsync(
        DataConnection db, IReadOnlyCollection<string> endpointIds, IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> regionIds, CancellationToken cancellationToken) =>
        db.GetTable<PolicyAssociation>()
            .Where(a => endpointIds.Contains(a.EndpointId) || serviceIds.Contains(a.ServiceId) || regionIds.Contains(a.RegionId)).DeleteAsync(cancellationToken);

    private static IQueryable<PolicyAssociation> SamePlace(DataConnection db, PolicyAssociation wanted) => db.GetTable<PolicyAssociation>().Where(a =>
        a.EndpointId == wanted.EndpointId && a.ServiceId == wanted.ServiceId && a.RegionId == wanted.RegionId);
}
