// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Compute.Migrations;

[Migration(2026112310)]
public sealed class AddServerGroups : SchemaMigration
{
    public override void Up()
    {
        Create.Table("server_groups")
            .WithColumn("number").AsInt32().PrimaryKey().Identity()
            .WithColumn("id").AsCustom(Types.Id).NotNullable().Unique("server_groups_id")
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("policy").AsCustom(Types.Text(32)).NotNullable()
            .WithColumn("max_server_per_host").AsCustom(Types.Int).Nullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable();
        Create.Index("server_groups_project").OnTable("server_groups").OnColumn("project_id").Ascending();
        Alter.Table("servers").AddColumn("server_group_id").AsCustom(Types.Id).Nullable();
        Create.Index("servers_server_group").OnTable("servers").OnColumn("server_group_id").Ascending();
    }
}
