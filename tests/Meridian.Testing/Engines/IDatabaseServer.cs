// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Testing.Engines;

/// <summary>A kind of database: <see cref="SqliteFixture"/>, <see cref="MariaDbFixture"/> or <see cref="PostgreSqlFixture"/>.</summary>
public interface IDatabaseServer
{
    /// <summary>A new empty database.</summary>
    /// <returns>Its URL as OpenStack writes it.</returns>
    Task<string> CreateDatabaseAsync(CancellationToken cancellationToken);
}
