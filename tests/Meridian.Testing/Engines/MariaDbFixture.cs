// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Processes;

using MySqlConnector;

namespace Meridian.Testing.Engines;

/// <summary>
/// Debian's MariaDB. In a test project: <c>[assembly: AssemblyFixture(typeof(MariaDbFixture))]</c>, a constructor parameter in the test class, and
/// <c>[Trait("needs", "engines")]</c> on it.
/// </summary>
public sealed class MariaDbFixture() : EngineServer("mariadb"), IDatabaseServer
{
    private readonly string password = Guid.NewGuid().ToString("N");
    private int port;

    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        await EnsureStartedAsync("mariadbd", "mariadb-server", cancellationToken);
        var name = "m" + Guid.NewGuid().ToString("N")[..12];
        await ExecuteAsync($"CREATE DATABASE {name} CHARACTER SET utf8mb4", cancellationToken);
        return $"mysql+pymysql://meridian:{password}@{Address}:{port}/{name}?charset=utf8";
    }

    protected override async Task StartServerAsync(CancellationToken cancellationToken)
    {
        var (data, me) = (Path.Combine(Folder, "data"), Environment.UserName);
        await ProcessRunner.RunAsync(
            "mariadb-install-db",
            ["--no-defaults", $"--user={me}", $"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
            new() { Timeout = TimeSpan.FromMinutes(3) }, cancellationToken);
        port = TestService.FreePort(Address);
        var init = Path.Combine(Folder, "init.sql");
        await File.WriteAllTextAsync(init, $"CREATE USER meridian@'%' IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO meridian@'%';\n", cancellationToken);
        Launch(
            ProcessRunner.Find("mariadbd")!,
            [
                "--no-defaults", $"--user={me}", $"--datadir={data}", $"--socket={Folder}/my.sock", $"--pid-file={Folder}/my.pid", $"--bind-address={Address}", $"--port={port}",
                "--skip-name-resolve", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=2", "--performance-schema=OFF",
                "--max-connections=400", $"--init-file={init}",
            ]);
        await WaitUntilAsync("MariaDB", TimeSpan.FromMinutes(2), async () =>
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellationToken);
                return true;
            }
            catch (MySqlException)
            {
                return false;
            }
        });
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = Address, Port = (uint)port, UserID = "meridian", Password = password, Pooling = false, ConnectionTimeout = 5,
        }.ToString());
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
