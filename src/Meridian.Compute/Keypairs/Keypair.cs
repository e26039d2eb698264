// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Mapping;

namespace Meridian.Compute.Keypairs;

/// <summary>A user's public key.</summary>
[Table("keypairs")]
internal sealed record Keypair
{
    public const string Ssh = "ssh";

    [Column("id"), PrimaryKey, Identity]
    public int Id { get; init; }

    [Column("user_id")]
    public string UserId { get; init; } = "";

    [Column("name")]
    public string Name { get; init; } = "";

    [Column("type")]
    public string Type { get; init; } = Ssh;

    [Column("fingerprint")]
    public string Fingerprint { get; init; } = "";

    [Column("public_key")]
    public string PublicKey { get; init; } = "";

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }
}
