// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>A revision on every row that updates read and write whole: of two changes at once the later one is refused, not lost.</summary>
[Migration(2026112202, "Identity: revisions of rows")]
public sealed class M2026112202RowRevisions : SchemaMigration
{
    public override void Up()
    {
        foreach (var table in new[] { "project", "identity_user", "identity_group", "identity_role", "region", "service", "endpoint" })
        {
            Alter.Table(table).AddColumn("revision").AsCustom(Types.Int).NotNullable().WithDefaultValue(0);
        }
    }
}
