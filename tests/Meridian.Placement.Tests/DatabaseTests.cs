// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing.Engines;

namespace Meridian.Placement.Tests;

/// <summary>On SQLite.</summary>
public sealed class SqliteTests(SqliteFixture server) : DatabaseTests(server);

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests(server);

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests(server);

/// <summary>The stores and migrations, every kind of query that the API makes, and claims that race where several writers are at work.</summary>
public abstract class DatabaseTests(IDatabaseServer server) : DatabaseTests<PlacementFixture>(server)
{
    protected override async Task<PlacementFixture> StartAsync(string connection)
    {
        var placement = new PlacementFixture { Connection = connection };
        await placement.InitializeAsync();
        return placement;
    }

    [Fact]
    public async Task The_walk_of_a_compute_service_works()
    {
        var aggregate = Guid.NewGuid().ToString();
        var root = await Fixture.AddProviderAsync(traits: ["HW_CPU_X86_AVX", "CUSTOM_GOLD"], aggregates: [aggregate], inventories: [("VCPU", 8), ("MEMORY_MB", 4096)]);
        var child = await Fixture.AddProviderAsync(root, inventories: [("SRIOV_NET_VF", 4)]);
        var consumer = Guid.NewGuid().ToString();

        var candidates = await Fixture.OkAsync("GET", $"/allocation_candidates?resources=VCPU:1,SRIOV_NET_VF:1&required=CUSTOM_GOLD&member_of={aggregate}");
        await Fixture.OkAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", (root, "\"VCPU\": 1"), (child, "\"SRIOV_NET_VF\": 1")));
        await Fixture.OkAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("1", (root, "\"VCPU\": 2"), (child, "\"SRIOV_NET_VF\": 1")));
        var usages = await Fixture.OkAsync("GET", "/usages?project_id=p1&user_id=u1");
        var filtered = await Fixture.OkAsync("GET", $"/resource_providers?resources=VCPU:6&required=CUSTOM_GOLD&in_tree={child}");
        var renamed = await Fixture.OkAsync("PUT", $"/resource_providers/{root}", "{\"name\": \"renamed \U0001F600\"}");
        await Fixture.OkAsync("DELETE", $"/allocations/{consumer}");
        await Fixture.OkAsync("DELETE", $"/resource_providers/{child}");
        await Fixture.OkAsync("DELETE", $"/resource_providers/{root}");

        Assert.Single(candidates.Json.GetProperty("allocation_requests").EnumerateArray());
        Assert.Equal(2, usages.Json.GetProperty("usages").GetProperty("INSTANCE").GetProperty("VCPU").GetInt32());
        Assert.Equal(root, filtered.Json.GetProperty("resource_providers")[0].GetProperty("uuid").GetString());
        Assert.Equal("renamed \U0001F600", renamed.Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_hundred_claims_at_once_over_two_providers_never_take_more_than_there_is()
    {
        var left = await Fixture.AddProviderAsync(inventories: [("VCPU", 20), ("MEMORY_MB", 2000)]);
        var right = await Fixture.AddProviderAsync(inventories: [("VCPU", 20), ("MEMORY_MB", 2000)]);

        // Each claims on both, in one order or the other: what makes naive locking dead-lock.
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Fixture.SendAsync(
            "PUT", $"/allocations/{Guid.NewGuid()}",
            i % 2 == 0
                ? PlacementFixture.Claim("null", (left, "\"VCPU\": 1, \"MEMORY_MB\": 10"), (right, "\"VCPU\": 1"))
                : PlacementFixture.Claim("null", (right, "\"VCPU\": 1"), (left, "\"MEMORY_MB\": 10, \"VCPU\": 1")))));

        Assert.Equal((20, 80), (answers.Count(a => a.Status == 204), answers.Count(a => a.Status == 409)));
        foreach (var provider in new[] { left, right })
        {
            var usages = (await Fixture.OkAsync("GET", $"/resource_providers/{provider}/usages")).Json.GetProperty("usages");
            Assert.Equal(20, usages.GetProperty("VCPU").GetInt32());
            var held = (await Fixture.OkAsync("GET", $"/resource_providers/{provider}/allocations")).Json.GetProperty("allocations");
            Assert.Equal(20, held.EnumerateObject().Sum(c => c.Value.GetProperty("resources").GetProperty("VCPU").GetInt32()));
        }
    }
}
