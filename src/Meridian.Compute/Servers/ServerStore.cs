// SPDX-License-Identifier: Apache-2.0
using System.Linq.Expressions;
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Linq;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Servers;

internal sealed class ServerStore(Database database, TimeProvider clock)
{
    private const int ScanSize = 500;

    public DateTime Now => clock.GetUtcNow().UtcDateTime;

    /// <summary>A server that is not deleted, whosever it is: the caller compares the project.</summary>
    public async Task<Server?> FindForAllProjectsAsync(string id, CancellationToken cancellationToken, bool orDeleted = false)
    {
        await using var db = database.Open();
        return await FindForAllProjectsAsync(db, id, cancellationToken, orDeleted);
    }

    public static async Task<Server?> FindForAllProjectsAsync(DataConnection db, string id, CancellationToken cancellationToken, bool orDeleted = false)
    {
        var server = await db.GetTable<Server>().FirstOrDefaultAsync(s => s.Id == id, cancellationToken);
        return server?.DeletedAt is not null && !orDeleted ? null : server;
    }

    public async Task<IReadOnlyList<Server>> ListForAllProjectsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Server>().Where(s => ids.Contains(s.Id) && s.DeletedAt == null).ToListAsync(cancellationToken);
    }

    /// <summary>Servers that a host has, or will have.</summary>
    public async Task<IReadOnlyList<Server>> ListOfHostAsync(string host, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Server>().Where(s => s.Host == host && s.DeletedAt == null).OrderBy(s => s.Number).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Server>> ListAsync(ServerFilter filter, IReadOnlyList<SortKey<Server>> keys, Server? marker, int limit, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = Apply(db.GetTable<Server>(), filter);
        if (!filter.NeedsScan)
        {
            return await rows.Page(keys, marker, limit).ToListAsync(cancellationToken);
        }

        var found = new List<Server>();
        while (true)
        {
            var chunk = await rows.Page(keys, marker, ScanSize).ToListAsync(cancellationToken);
            found.AddRange(chunk.Where(filter.Matches).Take(limit - found.Count));
            if (chunk.Count < ScanSize || found.Count >= limit)
            {
                return found;
            }

            marker = chunk[^1];
        }
    }

    /// <summary>How many servers that are not deleted each host has.</summary>
    public async Task<Dictionary<string, int>> CountByHostAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Server>().Where(s => s.DeletedAt == null && s.Host != null).GroupBy(s => s.Host!)
            .Select(g => new { Host = g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Host, g => g.Count, cancellationToken);
    }

    /// <summary>Changes a server that is as it was read; the revision goes up with it.</summary>
    /// <returns>False when the row is gone or its revision moved on: read again and decide.</returns>
    public async Task<bool> TryChangeAsync(Server server, Func<IUpdatable<Server>, IUpdatable<Server>> change, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await TryChangeAsync(db, server, change, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed;
    }

    public async Task<bool> TryChangeAsync(WriteConnection db, Server server, Func<IUpdatable<Server>, IUpdatable<Server>> change, CancellationToken cancellationToken)
    {
        var now = Now;
        var update = db.GetTable<Server>().Where(s => s.Id == server.Id && s.Revision == server.Revision)
            .Set(s => s.Revision, server.Revision + 1).Set(s => s.UpdatedAt, now).Set(s => s.ChangedAt, now);
        return await change(update).UpdateAsync(cancellationToken) == 1;
    }

    /// <summary>Changes a server whatever else changes it: reads and compares until it holds.</summary>
    /// <param name="change">Given the row as it is; null leaves it alone.</param>
    /// <returns>The row as it was before, null when there is no such server or it was left alone.</returns>
    public async Task<Server?> ChangeAsync(
        string id, Func<Server, Func<IUpdatable<Server>, IUpdatable<Server>>?> change, CancellationToken cancellationToken,
        Func<WriteConnection, Task>? together = null, bool orDeleted = false)
    {
        // Inside one transaction the row that was read stays as it was on SQLite; elsewhere the revision tells.
        while (true)
        {
            await using var db = await database.BeginAsync(cancellationToken);
            if (await FindForAllProjectsAsync(db, id, cancellationToken, orDeleted) is not { } server || change(server) is not { } wanted)
            {
                return null;
            }

            if (await TryChangeAsync(db, server, wanted, cancellationToken))
            {
                if (together is not null)
                {
                    await together(db);
                }

                await db.CommitAsync(cancellationToken);
                return server;
            }
        }
    }

    public static string Json(Dictionary<string, string> map) => JsonSerializer.Serialize(map, ComputeJson.Default.DictionaryStringString);

    public static string Json(List<string> list) => JsonSerializer.Serialize(list, ComputeJson.Default.ListString);

    public static string Json(List<ServerInterface> interfaces) => JsonSerializer.Serialize(interfaces, ComputeJson.Default.ListServerInterface);

    private static IQueryable<Server> Apply(IQueryable<Server> rows, ServerFilter filter)
    {
        if (filter.ProjectId is { } project)
        {
            rows = rows.Where(s => s.ProjectId == project);
        }

        if (!filter.AnyDeleted)
        {
            rows = filter.Deleted ? rows.Where(s => s.DeletedAt != null) : rows.Where(s => s.DeletedAt == null);
        }

        rows = ApplyStates(rows, filter);
        if (filter.ImageId is { } image) { rows = rows.Where(s => s.ImageId == image); }
        if (filter.FlavorId is { } flavor) { rows = rows.Where(s => s.FlavorId == flavor); }
        if (filter.Host is { } host) { rows = rows.Where(s => s.Host == host); }
        if (filter.Node is { } node) { rows = rows.Where(s => s.Node == node); }
        if (filter.UserId is { } user) { rows = rows.Where(s => s.UserId == user); }
        if (filter.Uuid is { } uuid) { rows = rows.Where(s => s.Id == uuid); }
        if (filter.ReservationId is { } reservation) { rows = rows.Where(s => s.ReservationId == reservation); }
        if (filter.KeyName is { } key) { rows = rows.Where(s => s.KeyName == key); }
        if (filter.Zone is { } zone) { rows = rows.Where(s => s.Zone == zone); }
        if (filter.ChangesSince is { } since) { rows = rows.Where(s => s.ChangedAt >= since); }
        if (filter.ChangesBefore is { } before) { rows = rows.Where(s => s.ChangedAt <= before); }
        if (filter.NameText is { } name) { rows = rows.Where(s => Sql.CharIndex(name, s.Name) > 0); }
        if (filter.HostnameText is { } hostname) { rows = rows.Where(s => Sql.CharIndex(hostname, s.Hostname) > 0); }
        return ApplyTags(rows, filter);
    }

    private static IQueryable<Server> ApplyStates(IQueryable<Server> rows, ServerFilter filter)
    {
        if (filter.States.Count > 0)
        {
            var states = filter.States.Select(s => s.VmState).ToList();
            rows = rows.Where(s => states.Contains(s.VmState));
            if (filter.States is [{ TaskState: { } only }])
            {
                rows = rows.Where(s => s.TaskState == only);
            }
            else if (filter.States is [{ VmState: VmStates.Active }])
            {
                // ACTIVE is what is active and not rebooting.
                rows = rows.Where(s => s.TaskState == null || (s.TaskState != TaskStates.Rebooting && s.TaskState != TaskStates.RebootingHard));
            }
        }

        if (filter.VmState is { } vmState) { rows = rows.Where(s => s.VmState == vmState); }
        if (filter.TaskState is { } taskState) { rows = rows.Where(s => s.TaskState == taskState); }
        if (filter.PowerState is { } power) { rows = rows.Where(s => s.PowerState == power); }
        return filter.Locked switch
        {
            true => rows.Where(s => s.LockedBy != null),
            false => rows.Where(s => s.LockedBy == null),
            null => rows,
        };
    }

    // Tags are stored as a JSON list: a tag with its quotes occurs in it exactly when the server has it.
    private static IQueryable<Server> ApplyTags(IQueryable<Server> rows, ServerFilter filter)
    {
        foreach (var tag in filter.Tags.Select(Quoted))
        {
            rows = rows.Where(s => Sql.CharIndex(tag, s.TagsJson) > 0);
        }

        if (filter.TagsAny.Count > 0)
        {
            rows = rows.Where(HasAny(filter.TagsAny));
        }

        if (filter.NotTags.Count > 0)
        {
            var all = HasAll(filter.NotTags);
            rows = rows.Where(Expression.Lambda<Func<Server, bool>>(Expression.Not(all.Body), all.Parameters));
        }

        foreach (var tag in filter.NotTagsAny.Select(Quoted))
        {
            rows = rows.Where(s => Sql.CharIndex(tag, s.TagsJson) == 0);
        }

        return rows;
    }

    private static string Quoted(string tag) => JsonSerializer.Serialize(tag, ComputeJson.Default.String);

    private static Expression<Func<Server, bool>> HasAny(IReadOnlyList<string> tags) => Combine(tags, Expression.OrElse);

    private static Expression<Func<Server, bool>> HasAll(IReadOnlyList<string> tags) => Combine(tags, Expression.AndAlso);

    private static Expression<Func<Server, bool>> Combine(
        IReadOnlyList<string> tags, Func<Expression, Expression, Expression> join)
    {
        Expression<Func<Server, bool>>? result = null;
        foreach (var tag in tags.Select(Quoted))
        {
            Expression<Func<Server, bool>> one = s => Sql.CharIndex(tag, s.TagsJson) > 0;
            result = result is null ? one
                : Expression.Lambda<Func<Server, bool>>(join(result.Body, new Rename(one.Parameters[0], result.Parameters[0]).Visit(one.Body)), result.Parameters);
        }

        return result!;
    }

    private sealed class Rename(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}
