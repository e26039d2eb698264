// SPDX-License-Identifier: Apache-2.0
using System.Net;

using Meridian.Network.Audit;
using Meridian.Testing;
using Meridian.Testing.Engines;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Network.Tests;

/// <summary>On SQLite.</summary>
public sealed class SqliteTests(SqliteFixture server) : DatabaseTests(server);

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests(server);

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests(server);

/// <summary>Migrations, stores, address allocation and quotas where transactions really run at once.</summary>
public abstract class DatabaseTests(IDatabaseServer server) : DatabaseTests<NetworkFixture>(server)
{
    protected override Task<NetworkFixture> StartAsync(string connection) => NetworkFixture.StartAsync("quota_network = 5\nquota_port = 20", connection);

    [Fact]
    public async Task Parallel_creates_pass_no_limit_and_share_no_address()
    {
        var (network, _) = await Fixture.NetworkAsync("10.0.0.0/28");

        var networks = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Fixture.CallAsync("demo", HttpMethod.Post, "/v2.0/networks", new { network = new { name = $"💡{i}" } })));
        var ports = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Fixture.CallAsync("demo", HttpMethod.Post, "/v2.0/ports", new { port = new { network_id = network } })));

        Assert.Equal(4, networks.Count(a => a.Status == HttpStatusCode.Created));
        var addresses = ports.Where(p => p.Status == HttpStatusCode.Created).Select(p => p.Body.GetProperty("port").GetProperty("fixed_ips")[0].GetProperty("ip_address").GetString()).ToList();
        Assert.Equal(13, addresses.Count);
        Assert.Equal(13, addresses.Distinct().Count());
        Assert.True(await Wait.UntilAsync(async () => (await Fixture.Driver.ListAsync(Token)).Ports.Count == 13), "the backend did not get every port");
        Assert.Empty(await Fixture.Service.Host.Services.GetRequiredService<NetworkAudit>().RunAsync(Token));
    }

    [Fact]
    public async Task Lists_page_and_filter_by_tags()
    {
        foreach (var name in new[] { "c", "a", "b" })
        {
            var id = NetworkFixture.Id(await Fixture.CreateAsync("networks", new { name }));
            await Fixture.CallAsync("demo", HttpMethod.Put, $"/v2.0/networks/{id}/tags", new { tags = name == "b" ? new[] { "x", "y" } : ["x"] });
        }

        var page = (await Fixture.GetAsync("/v2.0/networks?sort_key=name&limit=2")).Body;
        var marker = page.GetProperty("networks")[1].GetProperty("id").GetString();
        var rest = (await Fixture.GetAsync($"/v2.0/networks?sort_key=name&limit=2&marker={marker}")).Body;
        var tagged = (await Fixture.GetAsync("/v2.0/networks?tags=x,y")).Body;

        Assert.Equal(["a", "b"], page.GetProperty("networks").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
        Assert.Equal(["c"], rest.GetProperty("networks").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
        Assert.Equal(["b"], tagged.GetProperty("networks").EnumerateArray().Select(n => n.GetProperty("name").GetString()));
    }
}
