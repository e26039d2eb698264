// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Migrations;

/// <summary>Credentials; what they hold is encrypted before it comes here.</summary>
[Migration(2026112831, "Identity: credentials")]
public sealed class M2026112831Credentials : SchemaMigration
{
    public override void Up() => Create.Table("credential")
        .WithColumn("id").AsCustom(Types.Id).NotNullable().PrimaryKey()
        .WithColumn("user_id").AsCustom(Types.Id).NotNullable().Indexed("ix_credential_user")
        .WithColumn("project_id").AsCustom(Types.Id).Nullable().Indexed("ix_credential_project")
        .WithColumn("type").AsCustom(Types.Text(255)).NotNullable()
        .WithColumn("encrypted_blob").AsCustom(Types.LongText).NotNullable()
        .WithColumn("key_hash").AsCustom(Types.Id).NotNullable().Indexed("ix_credential_key")
        .WithColumn("extra").AsCustom(Types.LongText).Nullable()
        .WithColumn("revision").AsCustom(Types.Int).NotNullable();
}
