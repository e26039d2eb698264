// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Network.Quotas;

/// <summary>
/// Counts what projects use, by compare-and-set in the transaction that writes the resource, so that any number of creates at once never pass a
/// limit (DESIGN 10).
/// </summary>
internal sealed class QuotaCounter(ServiceConfig config)
{
    public static IReadOnlyList<string> Resources { get; } = [.. QuotaOptions.ByResource.Select(o => o.Name["quota_".Length..])];

    public int Default(string resource) => config.Get(QuotaOptions.ByResource.First(o => o.Name == "quota_" + resource));

    /// <exception cref="Meridian.Platform.Http.ApiException">409 OverQuota.</exception>
    /// <param name="force">Count, but never refuse: for what the service makes by itself.</param>
    public async Task TakeAsync(WriteConnection db, string projectId, string resource, int count, CancellationToken cancellationToken, bool force = false)
    {
        var limit = Default(resource);
        if (await TryTakeAsync() != 0)
        {
            return;
        }

        var row = await db.GetTable<QuotaRow>().FirstOrDefaultAsync(q => q.ProjectId == projectId && q.Resource == resource, cancellationToken);
        if (row is not null)
        {
            throw Errors.OverQuota($"['{resource}']");
        }

        // The first of its kind. A create at the same moment makes the insert a duplicate, and the transaction runs again.
        await db.InsertAsync(new QuotaRow { ProjectId = projectId, Resource = resource }, token: cancellationToken);
        if (await TryTakeAsync() == 0)
        {
            throw Errors.OverQuota($"['{resource}']");
        }

        Task<int> TryTakeAsync() => db.GetTable<QuotaRow>()
            .Where(q => q.ProjectId == projectId && q.Resource == resource && (force || (q.Limit ?? limit) < 0 || q.Used + count <= (q.Limit ?? limit)))
            .Set(q => q.Used, q => q.Used + count)
            .UpdateAsync(cancellationToken);
    }

    public static Task GiveAsync(DataConnection db, string projectId, string resource, int count, CancellationToken cancellationToken) =>
        count == 0 ? Task.CompletedTask
        : db.GetTable<QuotaRow>().Where(q => q.ProjectId == projectId && q.Resource == resource)
            .Set(q => q.Used, q => q.Used >= count ? q.Used - count : 0)
            .UpdateAsync(cancellationToken);
}
