// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Trusts, application credentials and the access rules that these share.</summary>
[Migration(2026112821, "Identity: trusts and application credentials")]
public sealed class M2026112821Delegation : SchemaMigration
{
    public override void Up()
    {
        Trusts();
        ApplicationCredentials();
        AccessRules();
    }

    private void Trusts()
    {
        Create.Table("trust")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("trustor_user_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("trustee_user_id").AsCustom(Types.Id).NotNullable().Indexed("ix_trust_trustee")
            .WithColumn("project_id").AsCustom(Types.Id).Nullable().Indexed("ix_trust_project")
            .WithColumn("impersonation").AsCustom(Types.Bool).NotNullable()
            .WithColumn("expires_at").AsCustom(Types.Time).Nullable()
            .WithColumn("remaining_uses").AsCustom(Types.Int).Nullable()
            .WithColumn("redelegated_trust_id").AsCustom(Types.Id).Nullable().Indexed("ix_trust_redelegated")
            .WithColumn("redelegation_count").AsCustom(Types.Int).NotNullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable();

        // Null is equal to nothing in it, on all three databases: trusts without an end may stand beside each other, as in Keystone.
        Create.Index("ux_trust").OnTable("trust")
            .OnColumn("trustor_user_id").Ascending().OnColumn("trustee_user_id").Ascending().OnColumn("project_id").Ascending()
            .OnColumn("impersonation").Ascending().OnColumn("expires_at").Ascending().WithOptions().Unique();
        Create.Table("trust_role")
            .WithColumn("trust_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("role_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
    }

    private void ApplicationCredentials()
    {
        Create.Table("application_credential")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("project_id").AsCustom(Types.Id).NotNullable().Indexed("ix_app_cred_project")
            .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("name_key").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("secret_hash").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("description").AsCustom(Types.LongText).Nullable()
            .WithColumn("expires_at").AsCustom(Types.Time).Nullable()
            .WithColumn("unrestricted").AsCustom(Types.Bool).NotNullable();
        Create.Index("ux_app_cred_name").OnTable("application_credential").OnColumn("user_id").Ascending().OnColumn("name_key").Ascending().WithOptions().Unique();
        Create.Table("application_credential_role")
            .WithColumn("application_credential_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("role_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Index("ix_app_cred_role").OnTable("application_credential_role").OnColumn("role_id").Ascending();
    }

    private void AccessRules()
    {
        Create.Table("access_rule")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable()
            .WithColumn("service").AsCustom(Types.Text(64)).NotNullable()
            .WithColumn("path").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("method").AsCustom(Types.Text(16)).NotNullable();
        Create.Index("ux_access_rule").OnTable("access_rule").OnColumn("user_id").Ascending().OnColumn("service").Ascending()
            .OnColumn("path").Ascending().OnColumn("method").Ascending().WithOptions().Unique();
        Create.Table("application_credential_access_rule")
            .WithColumn("application_credential_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("access_rule_id").AsCustom(Types.Id).NotNullable().PrimaryKey();
        Create.Index("ix_app_cred_access_rule").OnTable("application_credential_access_rule").OnColumn("access_rule_id").Ascending();
    }
}
