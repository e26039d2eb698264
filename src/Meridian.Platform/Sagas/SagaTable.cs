// SPDX-License-Identifier: Apache-2.0
using FluentMigrator.Builders.Create;

using LinqToDB.Mapping;

using Meridian.Platform.Storage;

namespace Meridian.Platform.Sagas;

/// <summary>The table that every service with sagas has in its own database.</summary>
public static class SagaTable
{
    public const string Name = "sagas";

    /// <summary>Call it from a migration of the service: <c>SagaTable.Create(Create, Types)</c>.</summary>
    public static void Create(ICreateExpressionRoot create, ColumnTypes types)
    {
        create.Table(Name)
            .WithColumn("id").AsCustom(types.Id).PrimaryKey()
            .WithColumn("name").AsCustom(types.Text(128)).NotNullable()
            .WithColumn("version").AsCustom(types.Int).NotNullable()
            .WithColumn("subject").AsCustom(types.Text(255)).NotNullable()
            .WithColumn("sequence").AsCustom(types.Int).NotNullable()
            .WithColumn("state").AsCustom(types.Text(16)).NotNullable()
            .WithColumn("step").AsCustom(types.Int).NotNullable()
            .WithColumn("attempts").AsCustom(types.Int).NotNullable()
            .WithColumn("abort").AsCustom(types.Bool).NotNullable()
            .WithColumn("input").AsCustom(types.LongText).NotNullable()
            .WithColumn("bag").AsCustom(types.LongText).Nullable()
            .WithColumn("failure").AsCustom(types.LongText).Nullable()
            .WithColumn("request_id").AsCustom(types.Text(64)).Nullable()
            .WithColumn("owner").AsCustom(types.Text(255)).Nullable()
            .WithColumn("due_at").AsCustom(types.Time).NotNullable()
            .WithColumn("leased_until").AsCustom(types.Time).Nullable()
            .WithColumn("created_at").AsCustom(types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(types.Time).NotNullable();
        create.Index("sagas_due").OnTable(Name).OnColumn("state").Ascending().OnColumn("due_at").Ascending();
        create.Index("sagas_subject").OnTable(Name).OnColumn("subject").Ascending();
    }
}

/// <summary>States of a saga. The row of one that is done is deleted; that of one undone stays a day, so that its failure can be looked up.</summary>
public static class SagaState
{
    public const string Running = "running";
    public const string Unwinding = "unwinding";
    public const string Undone = "undone";

    /// <summary>Its undoing failed too often: an operator must look (<see cref="ISagaQueue.RetryAsync"/>).</summary>
    public const string Stuck = "stuck";
}

[Table(SagaTable.Name)]
internal sealed class SagaRow
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    [Column("name")]
    public string Name { get; set; } = "";

    [Column("version")]
    public int Version { get; set; }

    [Column("subject")]
    public string Subject { get; set; } = "";

    /// <summary>Place among the unfinished sagas of one subject: they run one after another.</summary>
    [Column("sequence")]
    public int Sequence { get; set; }

    [Column("state")]
    public string State { get; set; } = SagaState.Running;

    /// <summary>The step to do next, or the one to undo next.</summary>
    [Column("step")]
    public int Step { get; set; }

    /// <summary>Failed tries of that step.</summary>
    [Column("attempts")]
    public int Attempts { get; set; }

    /// <summary>Somebody asked to unwind it at its next step boundary.</summary>
    [Column("abort")]
    public bool Abort { get; set; }

    [Column("input")]
    public string Input { get; set; } = "";

    [Column("bag")]
    public string? Bag { get; set; }

    [Column("failure")]
    public string? Failure { get; set; }

    [Column("request_id")]
    public string? RequestId { get; set; }

    /// <summary>The process that runs it (<see cref="SagaOwner"/>).</summary>
    [Column("owner")]
    public string? Owner { get; set; }

    [Column("due_at")]
    public DateTime DueAt { get; set; }

    [Column("leased_until")]
    public DateTime? LeasedUntil { get; set; }

    [Column("created_at")]
    public DateTime CreatedAt { get; set; }

    [Column("updated_at")]
    public DateTime UpdatedAt { get; set; }

    public bool IsActive => State is SagaState.Running or SagaState.Unwinding;
}
