// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Platform.Processes;

using Npgsql;

namespace Meridian.Testing.Engines;

/// <summary>
/// Debian's PostgreSQL, a cluster of its own; used as <see cref="MariaDbFixture"/> is. PostgreSQL refuses to run as root: it runs as the package's user then.
/// </summary>
public sealed class PostgreSqlFixture() : EngineServer("postgresql"), IDatabaseServer
{
    private const string Owner = "postgres";
    private readonly string password = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim creating = new(1, 1);
    private int port;

    /// <summary>The newest version's programs; Debian keeps them out of the PATH.</summary>
    private static string Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Path.Combine(Directory.GetDirectories("/usr/lib/postgresql").MaxBy(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0) ?? "", "bin")
        : "/usr/lib/postgresql/bin";

    private string Data => Path.Combine(Folder, "data");

    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        await EnsureStartedAsync(Path.Combine(Programs, "postgres"), "postgresql", cancellationToken);
        var name = "m" + Guid.NewGuid().ToString("N")[..12];
        await creating.WaitAsync(cancellationToken);
        try
        {
            await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0", cancellationToken);
        }
        finally
        {
            creating.Release();
        }

        return $"postgresql://meridian:{password}@{Address}:{port}/{name}";
    }

    protected override async Task StartServerAsync(CancellationToken cancellationToken)
    {
        var secret = Path.Combine(Folder, "password");
        await File.WriteAllTextAsync(secret, password, cancellationToken);
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Environment.IsPrivilegedProcess)
        {
            await ProcessRunner.RunAsync("chown", [$"{Owner}:{Owner}", Data, secret], new(), cancellationToken);
        }

        // A language's order of letters, as most clusters have: ours must not depend on it.
        await RunAsync(
            "initdb",
            [
                $"--pgdata={Data}", "--username=meridian", $"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
                "--icu-locale=en-US", "--no-sync",
            ],
            cancellationToken);
        port = TestService.FreePort(Address);
        string[] command =
        [
            .. Unprivileged(Path.Combine(Programs, "postgres")), "-D", Data, "-h", Address, "-p", $"{port}", "-k", Data, "-c", "fsync=off", "-c", "full_page_writes=off",
            "-c", "synchronous_commit=off", "-c", "shared_buffers=32MB", "-c", "max_connections=300", "-c", "autovacuum=off", "-c", "dynamic_shared_memory_type=mmap", "-c", "jit=off",
        ];
        Launch(command[0], command[1..]);
        await WaitUntilAsync("PostgreSQL", TimeSpan.FromMinutes(2), async () =>
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellationToken);
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
    }

    /// <summary>A server that is killed leaves its shared memory behind.</summary>
    protected override Task StopServerAsync() => RunAsync("pg_ctl", ["stop", "-D", Data, "-m", "immediate", "-s"], CancellationToken.None);

    private static Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        string[] command = [.. Unprivileged(Path.Combine(Programs, program)), .. arguments];
        return ProcessRunner.RunAsync(command[0], command[1..], new() { Timeout = TimeSpan.FromMinutes(2), WorkingDirectory = "/" }, cancellationToken);
    }

    private static string[] Unprivileged(string program) =>
        Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", $"--reuid={Owner}", $"--regid={Owner}", "--clear-groups", "--", program] : [program];

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = Address, Port = port, Username = "meridian", Password = password, Database = Owner, Pooling = false, Timeout = 5,
        }.ToString());
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
