// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>All tables of First light. Every <c>name_key</c> is the name without regard to case and carries the unique index (DESIGN 7).</summary>
[Migration(2026112201, "Identity: first tables")]
public sealed class M2026112201Initial : SchemaMigration
{
    public override void Up()
    {
        Create.Table("revision")
            .WithColumn("id").AsCustom(Types.Text(32)).NotNullable().PrimaryKey()
            .WithColumn("value").AsCustom(Types.Long).NotNullable();
        Insert.IntoTable("revision").Row(new { id = "identity", value = 1L }).Row(new { id = "catalog", value = 1L });
        Resources();
        Actors();
        Roles();
        Catalog();
        Create.Table("revocation_event")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("audit_id").AsCustom(Types.Text(32)).Nullable().Indexed("ix_revocation_audit")
            .WithColumn("audit_chain_id").AsCustom(Types.Text(32)).Nullable().Indexed("ix_revocation_chain")
            .WithColumn("user_id").AsCustom(Types.Id).Nullable().Indexed("ix_revocation_user")
            .WithColumn("project_id").AsCustom(Types.Id).Nullable().Indexed("ix_revocation_project")
            .WithColumn("domain_id").AsCustom(Types.Id).Nullable().Indexed("ix_revocation_domain")
            .WithColumn("issued_before").AsCustom(Types.Long).NotNullable()
            .WithColumn("revoked_at").AsCustom(Types.Time).NotNullable().Indexed("ix_revocation_time");
    }

    private void Resources()
    {
        // A domain is a project that acts as one, as in Keystone; its domain_id is empty.
        Create.Table("project")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("domain_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("parent_id").AsCustom(Types.Id).Nullable().Indexed("ix_project_parent")
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("name_key").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("enabled").AsCustom(Types.Bool).NotNullable()
            .WithColumn("is_domain").AsCustom(Types.Bool).NotNullable()
            .WithColumn("options").AsCustom(Types.LongText).Nullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
        Create.Index("ux_project_name").OnTable("project").OnColumn("domain_id").Ascending().OnColumn("name_key").Ascending().WithOptions().Unique();
        Create.Table("project_tag")
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("tag").AsCustom(Types.Text(255)).NotNullable().PrimaryKey();
    }

    private void Actors()
    {
        Create.Table("identity_user")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("domain_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("name_key").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("enabled").AsCustom(Types.Bool).NotNullable()
            .WithColumn("default_project_id").AsCustom(Types.Id).Nullable()
            .WithColumn("password_hash").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("password_changed_at").AsCustom(Types.Time).Nullable()
            .WithColumn("password_expires_at").AsCustom(Types.Time).Nullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("options").AsCustom(Types.LongText).Nullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
        Create.Index("ux_user_name").OnTable("identity_user").OnColumn("domain_id").Ascending().OnColumn("name_key").Ascending().WithOptions().Unique();
        Create.Table("identity_group")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("domain_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("name_key").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
        Create.Index("ux_group_name").OnTable("identity_group").OnColumn("domain_id").Ascending().OnColumn("name_key").Ascending().WithOptions().Unique();
        Create.Table("group_member")
            .WithColumn("group_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Index("ix_group_member_user").OnTable("group_member").OnColumn("user_id").Ascending();
    }

    private void Roles()
    {
        Create.Table("identity_role")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("domain_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("name_key").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("options").AsCustom(Types.LongText).Nullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
        Create.Index("ux_role_name").OnTable("identity_role").OnColumn("domain_id").Ascending().OnColumn("name_key").Ascending().WithOptions().Unique();
        Create.Table("implied_role")
            .WithColumn("prior_role_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("implied_role_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Table("assignment")
            .WithColumn("actor_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("target_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("role_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("inherited").AsCustom(Types.Bool).NotNullable().PrimaryKey()
            .WithColumn("actor_kind").AsCustom(Types.Text(8)).NotNullable().PrimaryKey()
            .WithColumn("target_kind").AsCustom(Types.Text(8)).NotNullable().PrimaryKey();
        Create.Index("ix_assignment_target").OnTable("assignment").OnColumn("target_id").Ascending();
        Create.Index("ix_assignment_role").OnTable("assignment").OnColumn("role_id").Ascending();
    }

    private void Catalog()
    {
        Create.Table("region")
            .WithColumn("id").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
            .WithColumn("parent_region_id").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("description").AsCustom(Types.LongText).NotNullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
        Create.Table("service")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("type").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("name").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("enabled").AsCustom(Types.Bool).NotNullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
        Create.Table("endpoint")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("service_id").AsCustom(Types.Id).NotNullable().Indexed("ix_endpoint_service")
            .WithColumn("region_id").AsCustom(Types.Text(255)).Nullable().Indexed("ix_endpoint_region")
            .WithColumn("interface").AsCustom(Types.Text(8)).NotNullable()
            .WithColumn("url").AsCustom(Types.LongText).NotNullable()
            .WithColumn("enabled").AsCustom(Types.Bool).NotNullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();
    }
}
