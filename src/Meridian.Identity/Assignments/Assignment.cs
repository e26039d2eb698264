// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Assignments;

/// <summary>A role of a user or group on a project, a domain or the system.</summary>
[Table("assignment")]
internal sealed class Assignment
{
    [PrimaryKey, Column("actor_id")]
    public string ActorId { get; set; } = "";

    [PrimaryKey, Column("target_id")]
    public string TargetId { get; set; } = "";

    [PrimaryKey, Column("role_id")]
    public string RoleId { get; set; } = "";

    /// <summary>True when the role counts on the projects below the target and not on the target itself.</summary>
    [PrimaryKey, Column("inherited")]
    public bool Inherited { get; set; }

    /// <summary>One of <see cref="AssignmentKinds"/>: a user and a group may have the same id (OSSA-2014-015).</summary>
    [PrimaryKey, Column("actor_kind")]
    public string ActorKind { get; set; } = "";

    [PrimaryKey, Column("target_kind")]
    public string TargetKind { get; set; } = "";
}

/// <summary>Values of <see cref="Assignment.ActorKind"/> and <see cref="Assignment.TargetKind"/>.</summary>
internal static class AssignmentKinds
{
    public const string User = "user";
    public const string Group = "group";
    public const string Project = "project";
    public const string Domain = "domain";
    public const string System = "system";

    /// <summary>The id of the one system.</summary>
    public const string SystemId = "system";
}
