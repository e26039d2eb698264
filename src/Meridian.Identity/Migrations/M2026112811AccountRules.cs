// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>What [security_compliance] needs to know of a user: failed log-ins, the last one that went well, earlier passwords.</summary>
[Migration(2026112811, "Identity: lock-out, inactivity and password history of users")]
public sealed class M2026112811AccountRules : SchemaMigration
{
    public override void Up()
    {
        Alter.Table("identity_user")
            .AddColumn("failed_auth_count").AsCustom(Types.Int).NotNullable().WithDefaultValue(0)
            .AddColumn("failed_auth_at").AsCustom(Types.Time).Nullable()
            .AddColumn("last_active_at").AsCustom(Types.Time).Nullable()
            .AddColumn("password_self_service").AsCustom(Types.Bool).Nullable();
        Create.Table("password_history")
            .WithColumn("user_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("number").AsCustom(Types.Int).NotNullable().PrimaryKey()
            .WithColumn("password_hash").AsCustom(Types.Text(255)).NotNullable();
    }
}
