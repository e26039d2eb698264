// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Unified limits. No region, no project and no domain are stored as empty text, so that the unique indexes see them.</summary>
[Migration(2026112841, "Identity: registered limits and limits")]
public sealed class M2026112841Limits : SchemaMigration
{
    public override void Up()
    {
        Create.Table("registered_limit")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("service_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("region_id").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("resource_name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("default_limit").AsCustom(Types.Int).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable().WithDefaultValue(0);
        Create.Index("ux_registered_limit").OnTable("registered_limit")
            .OnColumn("service_id").Ascending().OnColumn("region_id").Ascending().OnColumn("resource_name").Ascending().WithOptions().Unique();
        Create.Table("resource_limit")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("registered_limit_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().Indexed("ix_resource_limit_project")
            .WithColumn("domain_id").AsCustom(Types.Id).NotNullable().Indexed("ix_resource_limit_domain")
            .WithColumn("resource_limit").AsCustom(Types.Int).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable().WithDefaultValue(0);
        Create.Index("ux_resource_limit").OnTable("resource_limit")
            .OnColumn("registered_limit_id").Ascending().OnColumn("project_id").Ascending().OnColumn("domain_id").Ascending().WithOptions().Unique();
    }
}
