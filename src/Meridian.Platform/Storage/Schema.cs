// SPDX-License-Identifier: Apache-2.0
using System.Reflection;

using FluentMigrator.Runner;
using FluentMigrator.Runner.VersionTableInfo;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;

using Meridian.Platform.Config;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Storage;

/// <param name="Applied">Newest migration in the database; 0 when it is empty.</param>
/// <param name="Known">Newest migration that this program knows.</param>
public sealed record SchemaState(long Applied, long Known)
{
    public bool IsCurrent => Applied >= Known;
}

/// <summary>Brings a database to this program's schema, and tells how far it is. A database that is not Meridian's is refused (DESIGN 6).</summary>
public static class Schema
{
    internal const string VersionTable = "meridian_schema";

    /// <exception cref="ConfigException">The database holds tables that Meridian did not make.</exception>
    public static async Task MigrateAsync(Database database, Assembly migrations, CancellationToken cancellationToken)
    {
        await database.Migrating.WaitAsync(cancellationToken);
        try
        {
            await MigrateAloneAsync(database, migrations, cancellationToken);
        }
        finally
        {
            database.Migrating.Release();
        }
    }

    private static async Task MigrateAloneAsync(Database database, Assembly migrations, CancellationToken cancellationToken)
    {
        var state = await CheckAsync(database, migrations, cancellationToken);
        if (state.IsCurrent)
        {
            return;
        }

        var services = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(runner =>
            {
                switch (database.Kind)
                {
                    case DatabaseKind.Sqlite: runner.AddSQLite(); break;
                    case DatabaseKind.MariaDb: runner.AddMySql8(); break;
                    default: runner.AddPostgres15_0(); break;
                }

                runner.WithGlobalConnectionString(database.ConnectionString)
                    .WithVersionTable(new VersionTableNames())
                    .ScanIn(migrations).For.Migrations();
            });
        await using var provider = services.BuildServiceProvider(false);
        using var scope = provider.CreateScope();
        await Task.Run(scope.ServiceProvider.GetRequiredService<IMigrationRunner>().MigrateUp, cancellationToken);
    }

    /// <exception cref="ConfigException">The database holds tables that Meridian did not make.</exception>
    public static async Task<SchemaState> CheckAsync(Database database, Assembly migrations, CancellationToken cancellationToken)
    {
        var known = migrations.GetTypes()
            .Select(type => type.GetCustomAttribute<FluentMigrator.MigrationAttribute>())
            .Max(attribute => attribute?.Version ?? 0);
        await using var db = database.Open();
        var sql = database.Kind switch
        {
            DatabaseKind.Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            DatabaseKind.MariaDb => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
            _ => "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
        };
        var tables = await db.QueryToListAsync<string>(sql, cancellationToken);
        if (tables.Count == 0)
        {
            return new(0, known);
        }

        if (!tables.Contains(VersionTable, StringComparer.Ordinal))
        {
            throw new ConfigException(
                $"Database {database.Name} has {tables.Count} tables (such as {tables[0]}) that Meridian did not make. " +
                "Meridian never migrates another program's database: give it an empty one.");
        }

        var applied = await db.GetTable<AppliedMigration>().MaxAsync(m => (long?)m.Version, cancellationToken);
        return new(applied ?? 0, known);
    }

    [Table(VersionTable)]
    private sealed class AppliedMigration
    {
        [Column("version")]
        public long Version { get; set; }
    }

    private sealed class VersionTableNames : IVersionTableMetaData
    {
        public bool OwnsSchema => false;

        public string SchemaName => "";

        public string TableName => VersionTable;

        public string ColumnName => "version";

        public string DescriptionColumnName => "description";

        public string UniqueIndexName => "meridian_schema_version";

        public string AppliedOnColumnName => "applied_at";

        public bool CreateWithPrimaryKey => false;
    }
}
