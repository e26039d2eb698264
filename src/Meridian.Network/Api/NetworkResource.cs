// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Northbound;
using Meridian.Network.Tags;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Network.Api;

/// <summary>What every resource needs from outside.</summary>
internal sealed record NetworkCore(Database Database, IPolicyEnforcer Policy, ServiceConfig Config, TimeProvider Clock, ChangeSignal Changes)
{
    /// <summary>Now, with the microseconds that databases keep.</summary>
    public DateTime Now
    {
        get
        {
            var now = Clock.GetUtcNow().UtcDateTime;
            return now.AddTicks(-(now.Ticks % 10));
        }
    }

    /// <summary>
    /// One write transaction. It runs again when it lost against another one, or when a unique key refused its row: the second run sees what the
    /// winner wrote and decides anew. The backend's writer is told after the commit.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<WriteConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            var result = await Database.WriteAsync(work, cancellationToken, Database.IsDuplicateKey);
            Changes.Poke();
            return result;
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception) || Database.IsTransient(exception))
        {
            throw Errors.Busy();
        }
    }
}

/// <summary>Who asks, and which attributes are hidden from them: one decision a request, not one a row.</summary>
internal sealed class Viewer
{
    public Viewer(RequestContext context, IPolicyEnforcer policy)
    {
        Context = context;
        Credentials = context.ToPolicyCredentials();
        Policy = policy;
        SeesAll = context.IsAdmin || context.HasRole("service");
    }

    public RequestContext Context { get; }

    public PolicyCredentials Credentials { get; }

    public IPolicyEnforcer Policy { get; }

    public bool SeesAll { get; }

    public string ProjectId => Context.ProjectId;

    public bool Allows(string rule, PolicyTarget target) => Policy.Allows(Credentials, NetworkPolicies.Get(rule), target);

    public void Require(string rule, PolicyTarget target)
    {
        if (!Allows(rule, target))
        {
            throw Errors.Denied($"rule:{rule}");
        }
    }
}

/// <summary>
/// One resource of the API: its attributes, who sees which rows, and what a create, an update and a delete do. The order of checks is neutron's: the
/// form of the body, then the row, then the policy, then the resource's own rules.
/// </summary>
internal abstract class NetworkResource<TRow>(NetworkCore core)
    where TRow : StandardRow
{
    public abstract string Singular { get; }

    public virtual string Plural => Singular + "s";

    /// <summary>As in the URL.</summary>
    public string Path => Plural.Replace('_', '-');

    public abstract IReadOnlyList<Field<TRow>> Fields { get; }

    protected NetworkCore Core => core;

    /// <summary>The rows that this viewer may see at all; others do not exist for them.</summary>
    public abstract IQueryable<TRow> Visible(DataConnection db, Viewer viewer);

    public abstract ApiException NotFound(string id);

    /// <summary>What the policy's rules may ask about this row.</summary>
    public virtual Task<PolicyTarget> TargetAsync(DataConnection db, TRow row, CancellationToken cancellationToken) =>
        Task.FromResult(new PolicyTarget(row.ProjectId));

    /// <summary>The target of a create: what the body says of a row that is not there yet.</summary>
    /// <exception cref="ApiException">404: it would hang on something that this viewer does not see, which is not told from what does not exist.</exception>
    public virtual Task<PolicyTarget> TargetAsync(DataConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken) =>
        Task.FromResult(new PolicyTarget(projectId));

    /// <summary>Reads what the view needs besides the row; all rows at once.</summary>
    public virtual Task LoadAsync(DataConnection db, IReadOnlyList<TRow> rows, CancellationToken cancellationToken) => LoadTagsAsync(db, rows, cancellationToken);

    public abstract Task<TRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken);

    public abstract Task UpdateAsync(WriteConnection db, Viewer viewer, TRow row, Values values, CancellationToken cancellationToken);

    public abstract Task DeleteAsync(WriteConnection db, Viewer viewer, TRow row, CancellationToken cancellationToken);

    /// <summary>Runs before anything of a list or a create is read: the project's default security group must exist.</summary>
    public virtual Task PrepareAsync(Viewer viewer, string projectId, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Attribute rules in force for this create or update, in the order of the attributes: "create_port:binding:host_id".</summary>
    public virtual IEnumerable<string> AttributeRules(string action, Values values, bool create)
    {
        foreach (var field in Fields)
        {
            if (values.Has(field.Name) && NetworkPolicies.Find($"{action}:{field.Name}") is { } rule && !(create && IsDefault(field, values)))
            {
                yield return rule.Name;
            }
        }
    }

    protected static async Task LoadTagsAsync(DataConnection db, IReadOnlyList<TRow> rows, CancellationToken cancellationToken)
    {
        var ids = rows.Select(r => r.Id).ToList();
        var tags = (await db.GetTable<TagRow>().Where(t => ids.Contains(t.ResourceId)).ToListAsync(cancellationToken)).ToLookup(t => t.ResourceId);
        foreach (var row in rows)
        {
            row.Tags = [.. tags[row.Id].Select(t => t.Tag).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Writes the row's change and counts its revision.</summary>
    protected async Task SaveAsync(WriteConnection db, TRow row, CancellationToken cancellationToken)
    {
        row.RevisionNumber++;
        row.UpdatedAt = core.Now;
        await db.UpdateAsync(row, token: cancellationToken);
    }

    private static bool IsDefault(Field<TRow> field, Values values) =>
        Equals(values[field.Name], field.Default) || (field.Default is null && values[field.Name] is System.Collections.ICollection { Count: 0 });
}
