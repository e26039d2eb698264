// SPDX-License-Identifier: Apache-2.0
using FluentMigrator;

namespace Meridian.Platform.Storage;

/// <summary>
/// The column types of migrations, one word for each on all databases. Ids, names that are exact, and stored keys compare byte by byte
/// (<c>utf8mb4_bin</c> on MariaDB, <c>"C"</c> on PostgreSQL); text is UTF-8 to the last emoji; times have microseconds.
/// </summary>
public sealed class ColumnTypes(DatabaseKind kind)
{
    public DatabaseKind Kind { get; } = kind;

    /// <summary>An id: 32 hex, a dashed UUID, or 64 hex.</summary>
    public string Id => Text(64);

    public string LongText => Kind switch { DatabaseKind.MariaDb => "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", DatabaseKind.PostgreSql => "TEXT COLLATE \"C\"", _ => "TEXT" };

    public string Time => Kind switch { DatabaseKind.MariaDb => "DATETIME(6)", DatabaseKind.PostgreSql => "TIMESTAMP(6)", _ => "TEXT" };

    public string Bool => Kind switch { DatabaseKind.MariaDb => "TINYINT(1)", DatabaseKind.PostgreSql => "BOOLEAN", _ => "INTEGER" };

    public string Int => Kind == DatabaseKind.Sqlite ? "INTEGER" : "INT";

    public string Long => Kind == DatabaseKind.Sqlite ? "INTEGER" : "BIGINT";

    public string Double => Kind switch { DatabaseKind.MariaDb => "DOUBLE", DatabaseKind.PostgreSql => "DOUBLE PRECISION", _ => "REAL" };

    /// <summary>Sortable bytes, such as an address's.</summary>
    public string Bytes(int length) => Kind switch { DatabaseKind.MariaDb => $"VARBINARY({length})", DatabaseKind.PostgreSql => "BYTEA", _ => "BLOB" };

    public string Text(int length) => Kind switch
    {
        DatabaseKind.MariaDb => $"VARCHAR({length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        DatabaseKind.PostgreSql => $"VARCHAR({length}) COLLATE \"C\"",
        _ => "TEXT",
    };
}

/// <summary>
/// A change of a service's schema. Number it yyyyMMddNN; never edit one that was released; only ever expand (DESIGN 6).
/// Column types come from <see cref="Types"/>: <c>.WithColumn("name").AsCustom(Types.Text(255)).NotNullable()</c>.
/// </summary>
public abstract class SchemaMigration : Migration
{
    protected ColumnTypes Types { get; private set; } = new(DatabaseKind.Sqlite);

    public abstract override void Up();

    public override void Down() => throw new NotSupportedException("A schema only expands; restore a backup instead.");

    public override void GetUpExpressions(FluentMigrator.Infrastructure.IMigrationContext context)
    {
        var database = context.QuerySchema.DatabaseType;
        Types = new(
            database.Contains("MySql", StringComparison.OrdinalIgnoreCase) || database.Contains("Maria", StringComparison.OrdinalIgnoreCase) ? DatabaseKind.MariaDb
            : database.Contains("Postgres", StringComparison.OrdinalIgnoreCase) ? DatabaseKind.PostgreSql
            : DatabaseKind.Sqlite);
        base.GetUpExpressions(context);
    }
}
