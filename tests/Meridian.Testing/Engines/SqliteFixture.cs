// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Testing.Engines;

/// <summary>Files of SQLite's; used as <see cref="MariaDbFixture"/> is, and always there.</summary>
public sealed class SqliteFixture : IDatabaseServer, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public Task<string> CreateDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult("sqlite:///" + folder.File(Guid.NewGuid().ToString("N") + ".db"));

    public void Dispose() => folder.Dispose();
}
