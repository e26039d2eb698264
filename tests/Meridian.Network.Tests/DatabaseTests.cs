// SPDX-License-Identifier: Apache-2.0
using System.Net;

using Meridian.Network.Audit;
using Meridian.Testing;
using Meridian.Testing.Engines;

using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(MariaDbFixture))]
[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Meridian.Network.Tests;

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests
{
    protected override Task<string> CreateDatabaseAsync() => server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
}

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests
{
    protected override Task<string> CreateDatabaseAsync() => server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
}

/// <summary>Migrations, stores, address allocation and quotas where transactions really run at once.</summary>
public abstract class DatabaseTests : IAsyncLifetime
{
    private NetworkFixture cloud = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        cloud = await NetworkFixture.StartAsync("quota_network = 5\nquota_port = 20", await CreateDatabaseAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return cloud is null ? default : cloud.DisposeAsync();
    }

    protected abstract Task<string> CreateDatabaseAsync();

    [Fact]
    public async Task Parallel_creates_pass_no_limit_and_share_no_address()
    {
        var (network, _) = await cloud.NetworkAsync("10.0.0.0/28");

        var networks = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => cloud.CallAsync("demo", HttpMethod.Post, "/v2.0/networks", new { network = new { name = $"💡{i}" } })));
        var ports = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => cloud.CallAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network } })));

        Assert.Equal(4, networks.Count(a => a.Status == HttpStatusCode.Created));
        var addresses = ports.Where(p => p.Status == HttpStatusCode.Created).Select(p => p.Body.GetProperty("port").GetProperty("fixed_ips")[0].GetProperty("ip_address").GetString()).ToList();
        Assert.Equal(13, addresses.Count);
        Assert.Equal(13, addresses.Distinct().Count());
        Assert.True(await Wait.UntilAsync(async () => (await cloud.Driver.ListAsync(Token)).Ports.Count == 13), "the backend did not get every port");
        Assert.Empty(await cloud.Service.Host.Services.GetRequiredService<NetworkAudit>().RunAsync(Token));
    }

    [Fact]
    public async Task Lists_page_and_filter_by_tags()
    {
        foreach (var name in new[] { "c", "a", "b" })
        {
            var id = NetworkFixture.Id(await cloud.CreateAsync("networks", new { name }));
            await cloud.CallAsync("demo", HttpMethod.Put, $"/v2.0/networks/{id}/tags", new { tags = name == "b" ? new[] { "x", "y" } : ["x"] });
        }

        var page = (await cloud.GetAsync("/v2.0/networks?sort_key=name&limit=2")).Body;
        var marker = page.GetProperty("networks")[1].GetProperty("id").GetString();
        var rest = (await cloud.GetAsync($"/v2.0/networks?sort_key=name&limit=2&marker={marker}")).Body;
        var tagged = (await cloud.GetAsync("/v2.0/networks?tags=x,y")).Body;

        Assert.Equal(["a", "b"], page.GetProperty("networks").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
        Assert.Equal(["c"], rest.GetProperty("networks").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
        Assert.Equal(["b"], tagged.GetProperty("networks").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
    }
}
