// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Policies;

/// <summary>All SQL about policies.</summary>
internal sealed class PolicyBlobStore(Database database, IdentityWriter writer)
{
    /// <exception cref="ApiException">404.</exception>
    public async Task<PolicyBlob> GetAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<PolicyBlob>().FirstOrDefaultAsync(p => p.Id == id, cancellationToken) ?? throw Errors.NotFound("policy", id);
    }

    public async Task<ListPage<PolicyBlob>> ListAsync(ListRequest list, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await list.PageAsync(list.Text(db.GetTable<PolicyBlob>(), "type", p => p.Type), p => p.Id, cancellationToken, ("type", p => p.Type));
    }

    public Task CreateAsync(PolicyBlob policy, CancellationToken cancellationToken) =>
        writer.WriteAsync(db => db.InsertAsync(policy, token: cancellationToken), cancellationToken);

    public Task UpdateAsync(PolicyBlob policy, CancellationToken cancellationToken) =>
        writer.WriteAsync(db => IdentityWriter.UpdateAsync(db, policy, "policy", policy.Id, cancellationToken), cancellationToken);

    /// <summary>Deletes it with its associations.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<PolicyBlob>().Where(p => p.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("policy", id);
            }

            await db.GetTable<PolicyAssociation>().Where(a => a.PolicyId == id).DeleteAsync(cancellationToken);
        },
        cancellationToken);
}
