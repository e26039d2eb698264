// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Endpoint groups, and which endpoints and groups a project's catalog is made of.</summary>
[Migration(2026112851, "Identity: endpoint filter")]
public sealed class M2026112851EndpointFilter : SchemaMigration
{
    public override void Up()
    {
        Create.Table("endpoint_group")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("filters").AsCustom(Types.LongText).NotNullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable().WithDefaultValue(0);
        Create.Table("project_endpoint")
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("endpoint_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Index("ix_project_endpoint").OnTable("project_endpoint").OnColumn("endpoint_id").Ascending();
        Create.Table("project_endpoint_group")
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("endpoint_group_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Index("ix_project_endpoint_group").OnTable("project_endpoint_group").OnColumn("endpoint_group_id").Ascending();
    }
}
