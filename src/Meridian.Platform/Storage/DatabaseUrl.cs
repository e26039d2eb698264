// SPDX-License-Identifier: Apache-2.0
using System.Web;

using Meridian.Platform.Config;

using Microsoft.Data.Sqlite;

using MySqlConnector;

using Npgsql;

namespace Meridian.Platform.Storage;

public enum DatabaseKind { Sqlite, MariaDb, PostgreSql }

/// <summary>
/// A database as OpenStack writes it: sqlite:////absolute/path, sqlite:///relative, mysql+pymysql://user:password@host:port/name?charset=utf8,
/// postgresql://… (SQLAlchemy's URL form; percent-encoded user and password).
/// </summary>
public sealed record DatabaseUrl(DatabaseKind Kind, string ConnectionString, string Name, string? SqliteFile)
{
    /// <exception cref="ConfigException">The URL is not of a database that Meridian knows.</exception>
    public static DatabaseUrl Parse(string url, string describedAs, int poolSize = 32)
    {
        var split = url.IndexOf("://", StringComparison.Ordinal);
        var scheme = split < 0 ? url : url[..split];
        switch (scheme.Split('+')[0])
        {
            case "sqlite":
                var path = url[(split + 3)..].Split('?')[0];
                path = path.StartsWith('/') ? path[1..] : path;
                if (path.Length == 0)
                {
                    throw new ConfigException($"{describedAs}: a SQLite database in memory cannot be shared by requests; write sqlite:////path/to/file.");
                }

                path = Path.GetFullPath(path);
                var sqlite = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 30, ForeignKeys = true };
                return new(DatabaseKind.Sqlite, sqlite.ToString(), path, path);

            case "mysql" or "mariadb":
                var my = ParseServer(url, describedAs);
                var mysql = new MySqlConnectionStringBuilder
                {
                    Server = my.Host, Port = (uint)(my.Port ?? 3306), Database = my.Database, UserID = my.User, Password = my.Password,
                    CharacterSet = "utf8mb4", MaximumPoolSize = (uint)poolSize, DateTimeKind = MySqlDateTimeKind.Utc, UseAffectedRows = false,
                    SslMode = my.Query["ssl_ca"] is null ? MySqlSslMode.Preferred : MySqlSslMode.VerifyCA, SslCa = my.Query["ssl_ca"] ?? "",
                    TreatTinyAsBoolean = true, ConnectionTimeout = 10, AllowUserVariables = true,
                };
                if (my.Query["unix_socket"] is { } socket)
                {
                    mysql.Server = socket;
                    mysql.ConnectionProtocol = MySqlConnectionProtocol.UnixSocket;
                }

                return new(DatabaseKind.MariaDb, mysql.ToString(), my.Database, null);

            case "postgresql" or "postgres":
                var pg = ParseServer(url, describedAs);
                var npgsql = new NpgsqlConnectionStringBuilder
                {
                    Host = pg.Query["host"] ?? pg.Host, Port = pg.Port ?? 5432, Database = pg.Database, Username = pg.User, Password = pg.Password,
                    MaxPoolSize = poolSize, Timeout = 10,
                };
                return new(DatabaseKind.PostgreSql, npgsql.ToString(), pg.Database, null);

            default:
                throw new ConfigException($"{describedAs}: database scheme \"{scheme}\" is not known; expected sqlite, mysql+pymysql or postgresql.");
        }
    }

    private static (string Host, int? Port, string Database, string User, string Password, System.Collections.Specialized.NameValueCollection Query) ParseServer(
        string url, string describedAs)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.AbsolutePath.Length < 2)
        {
            throw new ConfigException($"{describedAs}: the database URL must be scheme://user:password@host[:port]/name.");
        }

        var user = uri.UserInfo.Split(':', 2);
        return (uri.Host.Trim('[', ']'), uri.Port > 0 ? uri.Port : null, Uri.UnescapeDataString(uri.AbsolutePath[1..]), Uri.UnescapeDataString(user[0]),
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "", HttpUtility.ParseQueryString(uri.Query));
    }
}
