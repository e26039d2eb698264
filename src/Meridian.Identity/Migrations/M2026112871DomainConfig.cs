// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>What domains have configured for themselves, option by option.</summary>
[Migration(2026112871, "Identity: domain configuration")]
public sealed class M2026112871DomainConfig : SchemaMigration
{
    public override void Up() => Create.Table("domain_config")
        .WithColumn("domain_id").AsCustom(Types.Id).NotNullable().PrimaryKey()
        .WithColumn("option_group").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
        .WithColumn("option_name").AsCustom(Types.Text(255)).NotNullable().PrimaryKey()
        .WithColumn("option_value").AsCustom(Types.LongText).NotNullable();
}
