// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Identity.Policies;

/// <summary>A policy text that services may fetch; nothing here reads it.</summary>
[Table("policy_blob")]
internal sealed class PolicyBlob
{
    [PrimaryKey, Column("id")]
    public string Id { get; set; } = "";

    /// <summary>Its media type.</summary>
    [Column("type")]
    public string Type { get; set; } = "";

    [Column("policy_text")]
    public string Blob { get; set; } = "";

    [Column("extra")]
    public string? Extra { get; set; }

    [Column("revision"), OptimisticLockProperty(VersionBehavior.AutoIncrement)]
    public int Revision { get; set; }
}

/// <summary>Which policy an endpoint, a service, or a service in a region has: one of the three, the other ids are empty.</summary>
[Table("policy_association")]
internal sealed class PolicyAssociation
{
    [PrimaryKey, Column("endpoint_id")]
    public string EndpointId { get; set; } = "";

    [PrimaryKey, Column("service_id")]
    public string ServiceId { get; set; } = "";

    [PrimaryKey, Column("region_id")]
    public string RegionId { get; set; } = "";

    [Column("policy_id")]
    public string PolicyId { get; set; } = "";
}
