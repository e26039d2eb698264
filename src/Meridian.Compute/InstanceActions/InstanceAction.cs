// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Mapping;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Compute.InstanceActions;

/// <summary>Something that was asked of a server; kept with deleted servers too.</summary>
[Table("instance_actions")]
internal sealed record InstanceAction
{
    [Column("id"), PrimaryKey, Identity]
    public long Id { get; init; }

    [Column("server_id")]
    public string ServerId { get; init; } = "";

    [Column("request_id")]
    public string RequestId { get; init; } = "";

    [Column("action")]
    public string Action { get; init; } = "";

    [Column("user_id")]
    public string? UserId { get; init; }

    [Column("project_id")]
    public string? ProjectId { get; init; }

    [Column("message")]
    public string? Message { get; init; }

    [Column("start_time")]
    public DateTime StartTime { get; init; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; init; }

    [Column("finish_time")]
    public DateTime? FinishTime { get; init; }
}

/// <summary>A part of an action, done on a host.</summary>
[Table("instance_action_events")]
internal sealed record InstanceActionEvent
{
    public const string Success = "Success";
    public const string Error = "Error";

    [Column("id"), PrimaryKey, Identity]
    public long Id { get; init; }

    [Column("action_id")]
    public long ActionId { get; init; }

    [Column("event")]
    public string Event { get; init; } = "";

    [Column("host")]
    public string? Host { get; init; }

    [Column("start_time")]
    public DateTime StartTime { get; init; }

    [Column("finish_time")]
    public DateTime? FinishTime { get; init; }

    [Column("result")]
    public string? Result { get; init; }

    [Column("details")]
    public string? Details { get; init; }
}

internal sealed class InstanceActionStore(Database database)
{
    private static readonly IReadOnlyList<SortKey<InstanceAction>> NewestFirst = [new("start_time", a => a.StartTime, true), new("id", a => a.Id, true)];

    /// <summary>Notes in the caller's transaction that an action begins.</summary>
    public static Task BeginAsync(WriteConnection db, string serverId, string action, RequestContext context, DateTime now, CancellationToken cancellationToken) =>
        db.InsertAsync(
            new InstanceAction
            {
                ServerId = serverId, RequestId = context.RequestId, Action = action, UserId = context.UserId, ProjectId = context.ProjectId, StartTime = now, UpdatedAt = now,
            },
            token: cancellationToken);

    /// <summary>Notes in the caller's transaction that the action of a request ended, with the event that did it.</summary>
    public static async Task FinishAsync(
        WriteConnection db, string serverId, string? requestId, string eventName, string? host, string? error, DateTime now, CancellationToken cancellationToken)
    {
        var action = await db.GetTable<InstanceAction>().Where(a => a.ServerId == serverId && a.RequestId == requestId).OrderByDescending(a => a.Id)
            .FirstOrDefaultAsync(cancellationToken);
        if (action is null || action.FinishTime is not null)
        {
            return;
        }

        await db.GetTable<InstanceAction>().Where(a => a.Id == action.Id)
            .Set(a => a.FinishTime, now).Set(a => a.UpdatedAt, now).Set(a => a.Message, error is null ? null : "Error").UpdateAsync(cancellationToken);
        await db.InsertAsync(
            new InstanceActionEvent
            {
                ActionId = action.Id, Event = eventName, Host = host, StartTime = action.StartTime, FinishTime = now,
                Result = error is null ? InstanceActionEvent.Success : InstanceActionEvent.Error, Details = error,
            },
            token: cancellationToken);
    }

    public async Task<IReadOnlyList<InstanceAction>> ListAsync(
        string serverId, DateTime? since, DateTime? before, InstanceAction? marker, int limit, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        IQueryable<InstanceAction> rows = db.GetTable<InstanceAction>().Where(a => a.ServerId == serverId);
        rows = since is { } s ? rows.Where(a => a.UpdatedAt >= s) : rows;
        rows = before is { } b ? rows.Where(a => a.UpdatedAt <= b) : rows;
        return await rows.Page(NewestFirst, marker, limit).ToListAsync(cancellationToken);
    }

    public async Task<InstanceAction?> FindAsync(string serverId, string requestId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<InstanceAction>().Where(a => a.ServerId == serverId && a.RequestId == requestId).OrderByDescending(a => a.Id).FirstOrDefaultAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<InstanceActionEvent>> ListEventsAsync(long actionId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<InstanceActionEvent>().Where(e => e.ActionId == actionId).OrderByDescending(e => e.Id).ToListAsync(cancellationToken);
    }
}
