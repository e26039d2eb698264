// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;
using FluentMigrator.Builders.Create.Table;

using Meridian.Platform.Storage;

namespace Meridian.Network.Migrations;

/// <summary>Networks, subnets, ports, routers, floating IPs, security groups, quotas, tags, and the two outboxes.</summary>
[Migration(2026112201)]
public sealed class CreateNetwork : SchemaMigration
{
    public override void Up()
    {
        CreateL2();
        CreateL3();
        CreateSecurityGroups();

        Create.Table("quotas")
            .WithColumn("project_id").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
            .WithColumn("resource").AsCustom(Types.Text(64)).NotNullable().PrimaryKey()
            .WithColumn("hard_limit").AsCustom(Types.Int).Nullable()
            .WithColumn("used").AsCustom(Types.Int).NotNullable().WithDefaultValue(0);
        Create.Table("tags")
            .WithColumn("resource_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("tag").AsCustom(Types.Text(255)).NotNullable().PrimaryKey();
        Create.Table("northbound_changes")
            .WithColumn("sequence").AsInt64().PrimaryKey().Identity()
            .WithColumn("kind").AsCustom(Types.Text(32)).NotNullable()
            .WithColumn("resource_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();
        Create.Table("server_events")
            .WithColumn("sequence").AsInt64().PrimaryKey().Identity()
            .WithColumn("name").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("server_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("tag").AsCustom(Types.Id).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable();
    }

    private void CreateL2()
    {
        Standard("networks")
            .WithColumn("admin_state_up").AsCustom(Types.Bool).NotNullable()
            .WithColumn("status").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("shared").AsCustom(Types.Bool).NotNullable()
            .WithColumn("external").AsCustom(Types.Bool).NotNullable()
            .WithColumn("is_default").AsCustom(Types.Bool).NotNullable()
            .WithColumn("mtu").AsCustom(Types.Int).NotNullable()
            .WithColumn("network_type").AsCustom(Types.Text(32)).NotNullable()
            .WithColumn("physical_network").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("segmentation_id").AsCustom(Types.Int).Nullable()
            .WithColumn("port_security_enabled").AsCustom(Types.Bool).NotNullable();
        Create.Table("segments")
            .WithColumn("segment_key").AsCustom(Types.Text(128)).NotNullable().PrimaryKey()
            .WithColumn("network_id").AsCustom(Types.Id).NotNullable().Indexed("ix_segments_network");
        Standard("subnets")
            .WithColumn("network_id").AsCustom(Types.Id).NotNullable().Indexed("ix_subnets_network")
            .WithColumn("ip_version").AsCustom(Types.Int).NotNullable()
            .WithColumn("cidr").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("gateway_ip").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("enable_dhcp").AsCustom(Types.Bool).NotNullable()
            .WithColumn("ipv6_address_mode").AsCustom(Types.Text(32)).Nullable()
            .WithColumn("ipv6_ra_mode").AsCustom(Types.Text(32)).Nullable()
            .WithColumn("subnetpool_id").AsCustom(Types.Id).Nullable()
            .WithColumn("allocation_pools").AsCustom(Types.LongText).NotNullable()
            .WithColumn("dns_nameservers").AsCustom(Types.LongText).NotNullable()
            .WithColumn("host_routes").AsCustom(Types.LongText).NotNullable()
            .WithColumn("service_types").AsCustom(Types.LongText).NotNullable();
        Standard("ports")
            .WithColumn("network_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("mac_address").AsCustom(Types.Text(32)).NotNullable()
            .WithColumn("admin_state_up").AsCustom(Types.Bool).NotNullable()
            .WithColumn("status").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("device_id").AsCustom(Types.Text(255)).NotNullable().Indexed("ix_ports_device")
            .WithColumn("device_owner").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("port_security_enabled").AsCustom(Types.Bool).NotNullable()
            .WithColumn("binding_host").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("binding_vif_type").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("binding_vnic_type").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("binding_profile").AsCustom(Types.LongText).NotNullable()
            .WithColumn("allowed_address_pairs").AsCustom(Types.LongText).NotNullable()
            .WithColumn("extra_dhcp_opts").AsCustom(Types.LongText).NotNullable();
        Create.Index("ux_ports_mac").OnTable("ports").OnColumn("network_id").Ascending().OnColumn("mac_address").Ascending().WithOptions().Unique();
        Create.Table("ip_allocations")
            .WithColumn("subnet_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("address_key").AsCustom(Types.Text(32)).NotNullable().PrimaryKey()
            .WithColumn("ip_address").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("port_id").AsCustom(Types.Id).NotNullable().Indexed("ix_ip_allocations_port")
            .WithColumn("network_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("position").AsCustom(Types.Int).NotNullable();
    }

    private void CreateL3()
    {
        Standard("routers")
            .WithColumn("admin_state_up").AsCustom(Types.Bool).NotNullable()
            .WithColumn("status").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("gateway_port_id").AsCustom(Types.Id).Nullable()
            .WithColumn("gateway_network_id").AsCustom(Types.Id).Nullable()
            .WithColumn("enable_snat").AsCustom(Types.Bool).NotNullable()
            .WithColumn("routes").AsCustom(Types.LongText).NotNullable();
        Standard("floatingips")
            .WithColumn("floating_network_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("floating_ip_address").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("floating_port_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("port_id").AsCustom(Types.Id).Nullable()
            .WithColumn("fixed_ip_address").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("router_id").AsCustom(Types.Id).Nullable().Indexed("ix_floatingips_router")
            .WithColumn("status").AsCustom(Types.Text(16)).NotNullable();

        // One floating IP of a network for a fixed address: rows without a port hold NULL, which never collides.
        Create.Index("ux_floatingips_fixed").OnTable("floatingips")
            .OnColumn("port_id").Ascending().OnColumn("fixed_ip_address").Ascending().OnColumn("floating_network_id").Ascending().WithOptions().Unique();
    }

    private void CreateSecurityGroups()
    {
        Standard("security_groups").WithColumn("stateful").AsCustom(Types.Bool).NotNullable();
        Create.Table("default_security_groups")
            .WithColumn("project_id").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
            .WithColumn("security_group_id").AsCustom(Types.Id).NotNullable();
        Standard("security_group_rules")
            .WithColumn("number").AsCustom(Types.Long).NotNullable().Indexed("ix_security_group_rules_number")
            .WithColumn("security_group_id").AsCustom(Types.Id).NotNullable().Indexed("ix_security_group_rules_group")
            .WithColumn("direction").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("ethertype").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("protocol").AsCustom(Types.Text(40)).Nullable()
            .WithColumn("port_range_min").AsCustom(Types.Int).Nullable()
            .WithColumn("port_range_max").AsCustom(Types.Int).Nullable()
            .WithColumn("remote_group_id").AsCustom(Types.Id).Nullable().Indexed("ix_security_group_rules_remote")
            .WithColumn("remote_ip_prefix").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("normalized_cidr").AsCustom(Types.Text(64)).Nullable();
        Create.Table("port_security_groups")
            .WithColumn("port_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("security_group_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Index("ix_port_security_groups_group").OnTable("port_security_groups").OnColumn("security_group_id").Ascending();
    }

    private ICreateTableWithColumnSyntax Standard(string table) => Create.Table(table)
        .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
        .WithColumn("project_id").AsCustom(Types.Text(255)).NotNullable().Indexed($"ix_{table}_project")
        .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
        .WithColumn("description").AsCustom(Types.Text(255)).Nullable()
        .WithColumn("revision_number").AsCustom(Types.Int).NotNullable()
        .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
        .WithColumn("updated_at").AsCustom(Types.Time).NotNullable();
}
