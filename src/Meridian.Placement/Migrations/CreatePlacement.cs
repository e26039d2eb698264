// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Placement.Migrations;

[Migration(2026112201)]
public sealed class CreatePlacement : SchemaMigration
{
    public override void Up()
    {
        Create.Table("resource_providers")
            .WithColumn("uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("name").AsCustom(Types.Text(200)).NotNullable().Unique()
            .WithColumn("generation").AsCustom(Types.Int).NotNullable()
            .WithColumn("parent_uuid").AsCustom(Types.Id).Nullable().Indexed()
            .WithColumn("root_uuid").AsCustom(Types.Id).NotNullable().Indexed()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).NotNullable();
        Create.Table("inventories")
            .WithColumn("provider_uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("resource_class").AsCustom(Types.Text(255)).PrimaryKey()
            .WithColumn("total").AsCustom(Types.Long).NotNullable()
            .WithColumn("reserved").AsCustom(Types.Long).NotNullable()
            .WithColumn("min_unit").AsCustom(Types.Long).NotNullable()
            .WithColumn("max_unit").AsCustom(Types.Long).NotNullable()
            .WithColumn("step_size").AsCustom(Types.Long).NotNullable()
            .WithColumn("allocation_ratio").AsCustom(Types.Double).NotNullable()
            .WithColumn("used").AsCustom(Types.Long).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).NotNullable();
        Create.Table("allocations")
            .WithColumn("consumer_uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("provider_uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("resource_class").AsCustom(Types.Text(255)).PrimaryKey()
            .WithColumn("used").AsCustom(Types.Long).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();
        Create.Index("allocations_provider").OnTable("allocations").OnColumn("provider_uuid").Ascending().OnColumn("resource_class").Ascending();
        Create.Table("consumers")
            .WithColumn("uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("generation").AsCustom(Types.Int).NotNullable()
            .WithColumn("project_id").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("user_id").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("consumer_type").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();
        Create.Index("consumers_project").OnTable("consumers").OnColumn("project_id").Ascending().OnColumn("user_id").Ascending();
        Create.Table("resource_provider_traits")
            .WithColumn("provider_uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("trait").AsCustom(Types.Text(255)).PrimaryKey().Indexed();
        Create.Table("resource_provider_aggregates")
            .WithColumn("provider_uuid").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("aggregate_uuid").AsCustom(Types.Id).PrimaryKey().Indexed();
        Create.Table("custom_traits")
            .WithColumn("name").AsCustom(Types.Text(255)).PrimaryKey()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();
        Create.Table("custom_resource_classes")
            .WithColumn("name").AsCustom(Types.Text(255)).PrimaryKey()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();

        // Moves with every change of providers, inventories, traits and aggregates: tells whether the copy in memory still holds.
        Create.Table("topology")
            .WithColumn("id").AsCustom(Types.Int).PrimaryKey()
            .WithColumn("revision").AsCustom(Types.Long).NotNullable();
        Insert.IntoTable("topology").Row(new { id = 1, revision = 0 });
    }
}
