// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.CompilerServices;

using LinqToDB;
using LinqToDB.Data;

using Microsoft.Data.Sqlite;

using MySqlConnector;

using Npgsql;

using SQLitePCL;

namespace Meridian.Platform.Storage;

/// <summary>
/// One database of a service. Reads open a pooled connection each; every write goes through <see cref="BeginAsync"/>.
/// Under SQLite one write transaction a file is admitted at a time, in order of arrival, so that writers never spin on the file's lock.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private const int MostRuns = 40;

    /// <summary>A lock that was waited for in vain (MariaDB's 50 s) is not waited for again: the client is told.</summary>
    private static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(30);

    private readonly DataOptions options;
    private readonly DatabaseUrl url;
    private readonly string pragmas;
    private readonly SemaphoreSlim? writeGate;
    private readonly ConditionalWeakTable<sqlite3, object> prepared = [];

    static Database() => LinqToDB.Common.Compilation.SetExpressionCompiler(QueryLambdas.Compile);

    private Database(DatabaseUrl url, string synchronous)
    {
        this.url = url;
        // linq2db keeps compiled queries by the options' identity, which has a connection string but of a factory only its method:
        // so the regions of one process share them.
        var data = new DataOptions().UseMappingSchema(StorageMapping.For(url.Kind)).UseCompareNulls(CompareNulls.LikeSql);
        pragmas = $"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA busy_timeout=30000; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;";
        options = url.Kind switch
        {
            DatabaseKind.Sqlite => data.UseSQLite(LinqToDB.DataProvider.SQLite.SQLiteProvider.Microsoft).UseConnectionFactory(_ => NewSqlite()),
            DatabaseKind.MariaDb => data.UseMySql(LinqToDB.DataProvider.MySql.MySqlVersion.MariaDB10, LinqToDB.DataProvider.MySql.MySqlProvider.MySqlConnector)
                .UseConnectionFactory(_ => new MySqlConnection(url.ConnectionString)),
            _ => data.UsePostgreSQL(LinqToDB.DataProvider.PostgreSQL.PostgreSQLVersion.v15).UseConnectionFactory(_ => new NpgsqlConnection(url.ConnectionString)),
        };
        writeGate = url.Kind == DatabaseKind.Sqlite ? new(1, 1) : null;
    }

    public DatabaseKind Kind => url.Kind;

    /// <summary>Held while the schema is brought forward: several programs of one process share a database and start at once.</summary>
    internal SemaphoreSlim Migrating { get; } = new(1, 1);

    internal string ConnectionString => url.ConnectionString;

    /// <summary>File path or database name: for messages; never holds a password.</summary>
    public string Name => url.Name;

    /// <summary>Opens a database. The same URL must be opened once a process: ask <see cref="ProcessResources.Database"/>.</summary>
    internal static Database Open(DatabaseUrl url, string synchronous)
    {
        if (url.SqliteFile is { } file)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);

            // SQLite gives its journals the mode of the file: password hashes and user data are nobody else's to read.
            new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }

        return new(url, synchronous);
    }

    /// <summary>A connection for reading. Dispose it after the call.</summary>
    public DataConnection Open() => new(options);

    /// <summary>A transaction for writing: commit it, or its disposal rolls it back. Never hold it across a call of another service.</summary>
    public async Task<WriteConnection> BeginAsync(CancellationToken cancellationToken)
    {
        if (writeGate is not null)
        {
            await writeGate.WaitAsync(cancellationToken);
        }

        var connection = new WriteConnection(options, writeGate);
        try
        {
            await connection.BeginTransactionAsync(
                Kind == DatabaseKind.Sqlite ? System.Data.IsolationLevel.Serializable : System.Data.IsolationLevel.ReadCommitted, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A transaction for writing that commits at its end. One that lost against another runs again from its begin: <paramref name="work"/> changes nothing but
    /// the database, and decides by what it reads there. SQLite waits by itself.
    /// </summary>
    /// <param name="isLost">What else is a loss: a duplicate key, where the second run sees the winner's row. Null for nothing.</param>
    /// <exception cref="Exception">What the last run met when all were lost: <see cref="IsTransient"/> is true for it, or isLost.</exception>
    public async Task<T> WriteAsync<T>(Func<WriteConnection, Task<T>> work, CancellationToken cancellationToken, Func<Exception, bool>? isLost = null)
    {
        var began = Stopwatch.GetTimestamp();
        for (var run = 1; ; run++)
        {
            try
            {
                await using var db = await BeginAsync(cancellationToken);
                var result = await work(db);
                await db.CommitAsync(cancellationToken);
                return result;
            }
            catch (Exception exception) when (run < MostRuns && Stopwatch.GetElapsedTime(began) < LongestTime && (isLost?.Invoke(exception) == true || (Kind != DatabaseKind.Sqlite && IsTransient(exception))))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 * run)), cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<WriteConnection, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async db =>
            {
                await work(db);
                return true;
            },
            cancellationToken);

    /// <summary>True when a unique or primary key refused the row.</summary>
    public static bool IsDuplicateKey(Exception exception) => exception switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode == 19 && sqlite.SqliteExtendedErrorCode is 1555 or 2067,
        MySqlException mysql => mysql.ErrorCode == MySqlErrorCode.DuplicateKeyEntry,
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.UniqueViolation,
        LinqToDBException { InnerException: { } inner } => IsDuplicateKey(inner),
        _ => false,
    };

    /// <summary>True when a transaction lost against another one and may be tried again.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode is 5 or 6,
        MySqlException mysql => mysql.ErrorCode is MySqlErrorCode.LockDeadlock or MySqlErrorCode.LockWaitTimeout or MySqlErrorCode.CheckRead,
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
        LinqToDBException { InnerException: { } inner } => IsTransient(inner),
        _ => false,
    };

    /// <summary>True when a text holds what the database cannot: PostgreSQL knows no NUL.</summary>
    public static bool IsUnstorableText(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.CharacterNotInRepertoire,
        LinqToDBException { InnerException: { } inner } => IsUnstorableText(inner),
        _ => false,
    };

    /// <summary>True when the database itself is away: the caller answers 503 and tries later.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        MySqlException mysql => mysql.ErrorCode is MySqlErrorCode.UnableToConnectToHost or MySqlErrorCode.ServerShutdown or MySqlErrorCode.ConnectionCountError,
        SqliteException sqlite => sqlite.SqliteErrorCode is 13 or 14 or 10,
        NpgsqlException { InnerException: System.Net.Sockets.SocketException or TimeoutException or System.IO.IOException } => true,
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow,
        LinqToDBException { InnerException: { } inner } => IsUnavailable(inner),
        _ => false,
    };

    public ValueTask DisposeAsync()
    {
        if (url.Kind == DatabaseKind.Sqlite)
        {
            using var connection = new SqliteConnection(url.ConnectionString);
            SqliteConnection.ClearPool(connection);
        }

        writeGate?.Dispose();
        return ValueTask.CompletedTask;
    }

    private SqliteConnection NewSqlite()
    {
        var connection = new SqliteConnection(url.ConnectionString);
        connection.StateChange += (_, change) =>
        {
            // They hold for as long as SQLite's own handle, which the pool gives out again and again.
            if (change.CurrentState == System.Data.ConnectionState.Open && !prepared.TryGetValue(connection.Handle!, out object? _))
            {
                using var command = connection.CreateCommand();
                command.CommandText = pragmas;
                command.ExecuteNonQuery();
                prepared.AddOrUpdate(connection.Handle!, prepared);
            }
        };
        return connection;
    }
}

/// <summary>A write transaction of <see cref="Database"/>.</summary>
public sealed class WriteConnection : DataConnection, IAsyncDisposable, IDisposable
{
    private SemaphoreSlim? gate;

    internal WriteConnection(DataOptions options, SemaphoreSlim? gate)
        : base(options)
    {
        this.gate = gate;
    }

    public Task CommitAsync(CancellationToken cancellationToken) => CommitTransactionAsync(cancellationToken);

    public new async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync();
        }
        finally
        {
            Interlocked.Exchange(ref gate, null)?.Release();
        }
    }

    public new void Dispose()
    {
        try
        {
            base.Dispose();
        }
        finally
        {
            Interlocked.Exchange(ref gate, null)?.Release();
        }
    }
}
