// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Lists across domains are found, ordered and paged by name.</summary>
[Migration(2026112881, "Identity: indexes of names")]
public sealed class M2026112881NameIndexes : SchemaMigration
{
    public override void Up()
    {
        AddIndex("ix_user_name_key", "identity_user");
        AddIndex("ix_group_name_key", "identity_group");
        AddIndex("ix_project_name_key", "project");
    }

    private void AddIndex(string name, string table) => Create.Index(name).OnTable(table).OnColumn("name_key").Ascending().OnColumn("id").Ascending();
}
