// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Trusts in revocation events.</summary>
[Migration(2026112885, "Identity: revoked trusts")]
public sealed class M2026112885RevokedTrusts : SchemaMigration
{
    public override void Up() => Alter.Table("revocation_event").AddColumn("trust_id").AsCustom(Types.Id).Nullable();
}
