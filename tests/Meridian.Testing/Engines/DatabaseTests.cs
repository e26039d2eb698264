// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Testing.Engines;

/// <summary>
/// What a service must do alike on every database: its migrations, every kind of query that its API makes, and writers that race. A service derives it
/// once, and from that a class a kind of database, whose fixture is the class's constructor parameter:
/// <c>[Trait("needs", "engines")] public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests(server);</c>
/// </summary>
/// <typeparam name="TFixture">The service over an empty database of the test's own.</typeparam>
public abstract class DatabaseTests<TFixture>(IDatabaseServer server) : IAsyncLifetime
    where TFixture : class, IAsyncDisposable
{
    private TFixture? fixture;

    protected TFixture Fixture => fixture!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => fixture = await StartAsync(await server.CreateDatabaseAsync(Token));

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return fixture?.DisposeAsync() ?? default;
    }

    /// <param name="connection">[database] connection.</param>
    protected abstract Task<TFixture> StartAsync(string connection);
}
