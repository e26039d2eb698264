// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing.Engines;

[assembly: AssemblyFixture(typeof(MariaDbFixture))]
[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Meridian.Placement.Tests;

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

/// <summary>The stores and migrations, every kind of query that the API makes, and claims that race where several writers are at work.</summary>
public abstract class DatabaseTests : IAsyncLifetime
{
    private PlacementFixture placement = null!;

    public async ValueTask InitializeAsync()
    {
        placement = new() { Connection = await CreateDatabaseAsync() };
        await placement.InitializeAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return placement is null ? default : placement.DisposeAsync();
    }

    protected abstract Task<string> CreateDatabaseAsync();

    [Fact]
    public async Task The_walk_of_a_compute_service_works()
    {
        var aggregate = Guid.NewGuid().ToString();
        var root = await placement.AddProviderAsync(traits: ["HW_CPU_X86_AVX", "CUSTOM_GOLD"], aggregates: [aggregate], inventories: [("VCPU", 8), ("MEMORY_MB", 4096)]);
        var child = await placement.AddProviderAsync(root, inventories: [("SRIOV_NET_VF", 4)]);
        var consumer = Guid.NewGuid().ToString();

        var candidates = await placement.OkAsync("GET", $"/allocation_candidates?resources=VCPU:1,SRIOV_NET_VF:1&required=CUSTOM_GOLD&member_of={aggregate}");
        await placement.OkAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("null", (root, "\"VCPU\": 1"), (child, "\"SRIOV_NET_VF\": 1")));
        await placement.OkAsync("PUT", $"/allocations/{consumer}", PlacementFixture.Claim("1", (root, "\"VCPU\": 2"), (child, "\"SRIOV_NET_VF\": 1")));
        var usages = await placement.OkAsync("GET", "/usages?project_id=p1&user_id=u1");
        var filtered = await placement.OkAsync("GET", $"/resource_providers?resources=VCPU:6&required=CUSTOM_GOLD&in_tree={child}");
        var renamed = await placement.OkAsync("PUT", $"/resource_providers/{root}", "{\"name\": \"renamed \U0001F600\"}");
        await placement.OkAsync("DELETE", $"/allocations/{consumer}");
        await placement.OkAsync("DELETE", $"/resource_providers/{child}");
        await placement.OkAsync("DELETE", $"/resource_providers/{root}");

        Assert.Single(candidates.Json.GetProperty("allocation_requests").EnumerateArray());
        Assert.Equal(2, usages.Json.GetProperty("usages").GetProperty("INSTANCE").GetProperty("VCPU").GetInt32());
        Assert.Equal(root, filtered.Json.GetProperty("resource_providers")[0].GetProperty("uuid").GetString());
        Assert.Equal("renamed \U0001F600", renamed.Json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_hundred_claims_at_once_over_two_providers_never_take_more_than_there_is()
    {
        var left = await placement.AddProviderAsync(inventories: [("VCPU", 20), ("MEMORY_MB", 2000)]);
        var right = await placement.AddProviderAsync(inventories: [("VCPU", 20), ("MEMORY_MB", 2000)]);

        // Each claims on both, in one order or the other: what makes naive locking dead-lock.
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => placement.SendAsync(
            "PUT", $"/allocations/{Guid.NewGuid()}",
            i % 2 == 0
                ? PlacementFixture.Claim("null", (left, "\"VCPU\": 1, \"MEMORY_MB\": 10"), (right, "\"VCPU\": 1"))
                : PlacementFixture.Claim("null", (right, "\"VCPU\": 1"), (left, "\"MEMORY_MB\": 10, \"VCPU\": 1")))));

        Assert.Equal((20, 80), (answers.Count(a => a.Status == 204), answers.Count(a => a.Status == 409)));
        foreach (var provider in new[] { left, right })
        {
            var usages = (await placement.OkAsync("GET", $"/resource_providers/{provider}/usages")).Json.GetProperty("usages");
            Assert.Equal(20, usages.GetProperty("VCPU").GetInt32());
            var held = (await placement.OkAsync("GET", $"/resource_providers/{provider}/allocations")).Json.GetProperty("allocations");
            Assert.Equal(20, held.EnumerateObject().Sum(c => c.Value.GetProperty("resources").GetProperty("VCPU").GetInt32()));
        }
    }
}
