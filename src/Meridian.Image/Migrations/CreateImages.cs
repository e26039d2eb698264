// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

using Meridian.Platform.Storage;

namespace Meridian.Image.Migrations;

[Migration(2026112201)]
public sealed class CreateImages : SchemaMigration
{
    public override void Up()
    {
        Create.Table("images")
            .WithColumn("id").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("name").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("status").AsCustom(Types.Text(30)).NotNullable()
            .WithColumn("visibility").AsCustom(Types.Text(16)).NotNullable()
            .WithColumn("owner").AsCustom(Types.Text(255)).Nullable().Indexed()
            .WithColumn("disk_format").AsCustom(Types.Text(20)).Nullable()
            .WithColumn("container_format").AsCustom(Types.Text(20)).Nullable()
            .WithColumn("protected").AsCustom(Types.Bool).NotNullable()
            .WithColumn("os_hidden").AsCustom(Types.Bool).NotNullable()
            .WithColumn("min_disk").AsCustom(Types.Int).NotNullable()
            .WithColumn("min_ram").AsCustom(Types.Int).NotNullable()
            .WithColumn("size").AsCustom(Types.Long).Nullable()
            .WithColumn("virtual_size").AsCustom(Types.Long).Nullable()
            .WithColumn("checksum").AsCustom(Types.Text(32)).Nullable()
            .WithColumn("os_hash_algo").AsCustom(Types.Text(64)).Nullable()
            .WithColumn("os_hash_value").AsCustom(Types.Text(128)).Nullable()
            .WithColumn("location").AsCustom(Types.LongText).Nullable()
            .WithColumn("upload_worker").AsCustom(Types.Text(255)).Nullable()
            .WithColumn("revision").AsCustom(Types.Int).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable().Indexed()
            .WithColumn("updated_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("deleted_at").AsCustom(Types.Time).Nullable();
        Create.Table("image_properties")
            .WithColumn("image_id").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("name").AsCustom(Types.Text(255)).PrimaryKey()
            .WithColumn("value").AsCustom(Types.LongText).NotNullable();
        Create.Table("image_tags")
            .WithColumn("image_id").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("tag").AsCustom(Types.Text(255)).PrimaryKey();
        Create.Table("image_members")
            .WithColumn("image_id").AsCustom(Types.Id).PrimaryKey()
            .WithColumn("member_id").AsCustom(Types.Text(255)).PrimaryKey().Indexed()
            .WithColumn("status").AsCustom(Types.Text(20)).NotNullable()
            .WithColumn("created_at").AsCustom(Types.Time).NotNullable()
            .WithColumn("updated_at").AsCustom(Types.Time).NotNullable();
    }
}
