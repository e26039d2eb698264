// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Policy texts, and the endpoints that they are for. What an association does not name is stored as empty text, so that its key sees it.</summary>
[Migration(2026112861, "Identity: policies and endpoint policies")]
public sealed class M2026112861Policies : SchemaMigration
{
    public override void Up()
    {
        Create.Table("policy_blob")
            .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("type").AsCustom(Types.Text(255)).NotNullable()
            .WithColumn("policy_text").AsCustom(Types.LongText).NotNullable()
            .WithColumn("extra").AsCustom(Types.LongText).Nullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable().WithDefaultValue(0);
        Create.Table("policy_association")
            .WithColumn("endpoint_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("service_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
            .WithColumn("region_id").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
            .WithColumn("policy_id").AsCustom(Types.Id).NotNullable().Indexed("ix_policy_association_policy");
    }
}
