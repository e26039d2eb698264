// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Compute.Migrations;

[Migration(2026112210)]
public sealed class CreateComputeTables : SchemaMigration
{
    public override void Up()
    {
        CreateFlavors();
        CreateKeypairs();
        CreateServers();
        CreateActions();
        CreateHosts();
        CreateQuotas();
        Platform.Sagas.SagaTable.Create(Create, Types);
    }

    private void CreateFlavors()
    {
        Create.Table("flavors")
            .WithColumn("number").AsInt32().PrimaryKey().Identity()
            .WithColumn("id").AsCustom(Types.Text(255)).NotNullable().Unique("flavors_id")
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable().Unique("flavors_name")
            .WithColumn("vcpus").AsCustom(Types.Int).NotNullable()
            .WithColumn("memory_mib").AsCustom(Types.Int).NotNullable()
            .WithColumn("disk_gib").AsCustom(Types.Int).NotNullable()
            .WithColumn("ephemeral_gib").AsCustom(Types.Int).NotNullable()
            .WithColumn("swap_mib").AsCustom(Types.Int).NotNullable()
            .WithColumn("rxtx_factor").AsCustom(Types.Double).NotNullable()
            .WithColumn("is_public").AsCustom(Types.Bool).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("extra_specs").AsCustom(Types.LongText).NotNullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).Nullable();
        Create.Table("flavor_access")
            .WithColumn("flavor_id").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
    }

    private void CreateKeypairs()
    {
        Create.Table("keypairs")
            .WithColumn("id").AsInt32().PrimaryKey().Identity()
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("type").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("fingerprint").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("public_key").AsCustom(Types.LongText).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();
        Create.Index("keypairs_user_name").OnTable("keypairs").OnColumn("user_id").Ascending().OnColumn("name").Ascending().WithOptions().Unique();
    }

    private void CreateServers()
    {
        Create.Table("servers")
            .WithColumn("number").AsInt32().PrimaryKey().Identity()
            .WithColumn("id").AsCustom(Types.Id).NotNullable().Unique("servers_id")
            .WithColumn("revision").AsCustom(Types.Int).NotNullable()
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("description").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("hostname").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("image_id").AsCustom(Types.Id).Nullable()
            .WithColumn("flavor_id").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("flavor").AsCustom(Types.LongText).NotNullable()
            .WithColumn("image_properties").AsCustom(Types.LongText).NotNullable()
            .WithColumn("key_name").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("key_data").AsCustom(Types.LongText).Nullable()
            .WithColumn("user_data").AsCustom(Types.LongText).Nullable()
            .WithColumn("metadata").AsCustom(Types.LongText).NotNullable()
            .WithColumn("tags").AsCustom(Types.LongText).NotNullable()
            .WithColumn("requested_networks").AsCustom(Types.LongText).NotNullable()
            .WithColumn("security_groups").AsCustom(Types.LongText).NotNullable()
            .WithColumn("network_info").AsCustom(Types.LongText).NotNullable()
            .WithColumn("scheduler_hints").AsCustom(Types.LongText).NotNullable()
            .WithColumn("config_drive").AsCustom(Types.Bool).NotNullable()
            .WithColumn("requested_zone").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("requested_host").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("zone").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("host").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("node").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("vm_state").AsCustom(Types.Text(32)).NotNullable()
            .WithColumn("task_state").AsCustom(Types.Text(32)).Nullable()
            .WithColumn("power_state").AsCustom(Types.Int).NotNullable()
            .WithColumn("locked_by").AsCustom(Types.Text(16)).Nullable()
            .WithColumn("locked_reason").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("reservation_id").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("launch_index").AsCustom(Types.Int).NotNullable()
            .WithColumn("access_ipv4").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("access_ipv6").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("disk_config").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("password").AsCustom(Types.LongText).Nullable()
            .WithColumn("fault").AsCustom(Types.LongText).Nullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).Nullable()
            .WithColumn("changed_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("launched_at").AsCustom(Types.Time).Nullable()
            .WithColumn("terminated_at").AsCustom(Types.Time).Nullable()
            .WithColumn("deleted_at").AsCustom(Types.Time).Nullable();
        Create.Index("servers_list").OnTable("servers").OnColumn("project_id").Ascending().OnColumn("deleted_at").Ascending()
            .OnColumn("created_at").Ascending();
        Create.Index("servers_all").OnTable("servers").OnColumn("deleted_at").Ascending().OnColumn("created_at").Ascending();
        Create.Index("servers_host").OnTable("servers").OnColumn("host").Ascending().OnColumn("deleted_at").Ascending();
        Create.Index("servers_changed").OnTable("servers").OnColumn("changed_at").Ascending();
    }

    private void CreateActions()
    {
        Create.Table("instance_actions")
            .WithColumn("id").AsInt64().PrimaryKey().Identity()
            .WithColumn("server_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("request_id").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("action").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("user_id").AsCustom(Types.Id).Nullable()
            .WithColumn("project_id").AsCustom(Types.Id).Nullable()
            .WithColumn("message").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("start_time").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("finish_time").AsCustom(Types.Time).Nullable();
        Create.Index("instance_actions_server").OnTable("instance_actions").OnColumn("server_id").Ascending().OnColumn("request_id").Ascending();
        Create.Table("instance_action_events")
            .WithColumn("id").AsInt64().PrimaryKey().Identity()
            .WithColumn("action_id").AsCustom(Types.Long).NotNullable()
            .WithColumn("event").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("host").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("start_time").AsCustom(Types.Time).NotNullable()
            .WithColumn("finish_time").AsCustom(Types.Time).Nullable()
            .WithColumn("result").AsCustom(Types.Text(32)).Nullable()
            .WithColumn("details").AsCustom(Types.LongText).Nullable();
        Create.Index("instance_action_events_action").OnTable("instance_action_events").OnColumn("action_id").Ascending();
    }

    private void CreateHosts()
    {
        Create.Table("services")
            .WithColumn("id").AsInt32().PrimaryKey().Identity()
            .WithColumn("uuid").AsCustom(Types.Id).NotNullable().Unique("services_uuid")
            .WithColumn("binary_name").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("host").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("disabled_reason").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("disabled").AsCustom(Types.Bool).NotNullable()
            .WithColumn("forced_down").AsCustom(Types.Bool).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("last_seen_at").AsCustom(Types.Time).NotNullable();
        Create.Index("services_host").OnTable("services").OnColumn("host").Ascending().OnColumn("binary_name").Ascending().WithOptions().Unique();
        Create.Table("hypervisors")
            .WithColumn("id").AsInt32().PrimaryKey().Identity()
            .WithColumn("uuid").AsCustom(Types.Id).NotNullable().Unique("hypervisors_uuid")
            .WithColumn("host").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("hostname").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("host_ip").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("info").AsCustom(Types.LongText).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).NotNullable();
        Create.Index("hypervisors_host").OnTable("hypervisors").OnColumn("host").Ascending().OnColumn("hostname").Ascending().WithOptions().Unique();
        Create.Table("aggregates")
            .WithColumn("id").AsInt32().PrimaryKey().Identity()
            .WithColumn("uuid").AsCustom(Types.Id).NotNullable().Unique("aggregates_uuid")
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable().Unique("aggregates_name")
            .WithColumn("metadata").AsCustom(Types.LongText).NotNullable()
            .WithColumn("hosts").AsCustom(Types.LongText).NotNullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).Nullable();
    }

    private void CreateQuotas()
    {
        Create.Table("quota_limits")
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("resource").AsCustom(Types.Text(64)).NotNullable().PrimaryKey()
            .WithColumn("amount").AsCustom(Types.Int).NotNullable();
        Create.Table("quota_uses")
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("resource").AsCustom(Types.Text(64)).NotNullable().PrimaryKey()
            .WithColumn("amount").AsCustom(Types.Long).NotNullable();
    }
}
