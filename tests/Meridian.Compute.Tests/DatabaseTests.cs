// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing.Engines;

namespace Meridian.Compute.Tests;

/// <summary>On SQLite.</summary>
public sealed class SqliteTests(SqliteFixture server) : DatabaseTests(server);

/// <summary>On MariaDB.</summary>
[Trait("needs", "engines")]
public sealed class MariaDbTests(MariaDbFixture server) : DatabaseTests(server);

/// <summary>On PostgreSQL.</summary>
[Trait("needs", "engines")]
public sealed class PostgreSqlTests(PostgreSqlFixture server) : DatabaseTests(server);

/// <summary>Migrations, sagas, every kind of query that the API makes, and quotas where transactions really run at once.</summary>
public abstract class DatabaseTests(IDatabaseServer server) : DatabaseTests<ComputeFixture>(server)
{
    protected override async Task<ComputeFixture> StartAsync(string connection)
    {
        var nova = new ComputeFixture { Connection = connection };
        await nova.InitializeAsync();
        return nova;
    }

    [Fact]
    public async Task The_walk_of_a_user_works()
    {
        (await Fixture.PostAsync("/v2.1/os-keypairs", """{"keypair": {"name": "key", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE x"}}""", version: "2.1")).Is(200);
        var group = (await Fixture.PostAsync("/v2.1/os-server-groups", """{"server_group": {"name": "gröup", "policy": "soft-anti-affinity"}}""")).Is(200).Json.GetProperty("server_group").GetProperty("id").GetString()!;
        var ids = new List<string>();
        foreach (var name in new[] { "b", "ä", "A" })
        {
            ids.Add(await Fixture.CreateActiveServerAsync(name, ("tags", new[] { "all", name }), ("metadata", new Dictionary<string, string> { ["colour"] = "😀" }), ("key_name", "key")));
        }

        Assert.Equal(["A", "b", "ä"], await NamesAsync("servers?sort_key=display_name&sort_dir=asc"));
        Assert.Equal(["ä"], await NamesAsync($"servers?sort_key=display_name&sort_dir=asc&limit=2&marker={ids[0]}"));
        Assert.Equal(["ä"], await NamesAsync("servers?name=ä"));
        Assert.Equal(["A"], await NamesAsync("servers?tags=all,A&status=ACTIVE"));
        Assert.Equal(["ä", "b"], await NamesAsync("servers?not-tags=A"));
        Assert.Equal(["A", "ä"], await NamesAsync("servers?tags-any=A,%C3%A4&key_name=key"));
        Assert.Equal(["A", "ä", "b"], await NamesAsync("servers?changes-since=2020-01-01T00:00:00Z"));
        Assert.Equal(["A", "ä", "b"], await NamesAsync("servers?all_tenants=1&sort_key=created_at", "admin"));
        Assert.Equal(["m1.tiny"], await NamesAsync("flavors?minRam=64&sort_key=memory_mb", collection: "flavors"));

        (await Fixture.SendAsync("PUT", $"/v2.1/servers/{ids[0]}", """{"server": {"name": "renamed 😀", "description": "d"}}""")).Is(200);
        (await Fixture.SendAsync("PUT", $"/v2.1/servers/{ids[0]}/metadata/k", """{"meta": {"k": "v"}}""")).Is(200);
        (await Fixture.PostAsync($"/v2.1/servers/{ids[0]}/action", """{"os-stop": null}""")).Is(202);
        await Fixture.WaitForStatusAsync(ids[0], "SHUTOFF");
        var actions = (await Fixture.GetAsync($"/v2.1/servers/{ids[0]}/os-instance-actions")).Is(200).Json.GetProperty("instanceActions");
        Assert.Equal(["stop", "create"], actions.EnumerateArray().Select(a => a.GetProperty("action").GetString()));
        Assert.Equal(["renamed 😀"], await NamesAsync("servers?status=SHUTOFF"));

        foreach (var id in ids)
        {
            await Fixture.DeleteServerAsync(id);
        }

        (await Fixture.SendAsync("DELETE", "/v2.1/os-server-groups/" + group, null)).Is(204);
        Assert.Equal(["A", "renamed 😀", "ä"], (await NamesAsync("servers?deleted=true&all_tenants=1", "admin")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_walk_of_an_administrator_works()
    {
        var project = Fixture.Keystone.User("demo").ProjectId;
        await Fixture.CreateFlavorAsync("f2", "Flävor", 2, 128, 0, isPublic: false);
        (await Fixture.PostAsync("/v2.1/flavors/f2/action", new { addTenantAccess = new { tenant = project } }, "admin")).Is(200);
        (await Fixture.PostAsync("/v2.1/flavors/f2/os-extra_specs", """{"extra_specs": {"hw:cpu_policy": "shared"}}""", "admin")).Is(200);
        var aggregate = (await Fixture.PostAsync("/v2.1/os-aggregates", """{"aggregate": {"name": "äggregate", "availability_zone": "zone"}}""", "admin")).Is(200).Json.GetProperty("aggregate").GetProperty("id").GetInt32();
        var host = (await Fixture.GetAsync("/v2.1/os-services?binary=nova-compute", "admin")).Is(200).Json.GetProperty("services")[0].GetProperty("host").GetString()!;
        (await Fixture.PostAsync($"/v2.1/os-aggregates/{aggregate}/action", new { add_host = new { host } }, "admin")).Is(200);

        Assert.Equal(["Flävor", "m1.tiny"], await NamesAsync("flavors?sort_key=name&sort_dir=asc", collection: "flavors"));
        Assert.Equal(2, (await Fixture.GetAsync("/v2.1/os-hypervisors/detail?limit=5", "admin")).Is(200).Json.GetProperty("hypervisors").GetArrayLength());
        Assert.Contains("zone", (await Fixture.GetAsync("/v2.1/os-availability-zone/detail", "admin")).Is(200).Text, StringComparison.Ordinal);
        (await Fixture.GetAsync($"/v2.1/os-quota-sets/{project}/detail", "admin")).Is(200);

        (await Fixture.PostAsync($"/v2.1/os-aggregates/{aggregate}/action", new { remove_host = new { host } }, "admin")).Is(200);
        (await Fixture.SendAsync("DELETE", $"/v2.1/os-aggregates/{aggregate}", null, "admin")).Is(200);
        (await Fixture.SendAsync("DELETE", "/v2.1/flavors/f2", null, "admin")).Is(202);
        Assert.Equal(["m1.tiny"], await NamesAsync("flavors", collection: "flavors"));
    }

    [Fact]
    public async Task Parallel_creates_pass_no_limit_and_deletes_give_it_back()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Fixture.PostAsync("/v2.1/servers", Fixture.ServerBody($"many-{i}"))));
        Assert.Equal((10, 30), (answers.Count(a => a.Status == 202), answers.Count(a => a.Status == 403)));

        await Task.WhenAll(answers.Where(a => a.Status == 202).Select(a => Fixture.DeleteServerAsync(a.Json.GetProperty("server").GetProperty("id").GetString()!)));

        var limits = (await Fixture.GetAsync("/v2.1/limits")).Is(200).Json.GetProperty("limits").GetProperty("absolute");
        Assert.Equal((0, 0, 0), (limits.GetProperty("totalInstancesUsed").GetInt32(), limits.GetProperty("totalCoresUsed").GetInt32(), limits.GetProperty("totalRAMUsed").GetInt32()));
    }

    [Fact]
    public async Task Of_many_creations_of_one_name_at_once_one_is_made()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Fixture.PostAsync("/v2.1/os-keypairs", """{"keypair": {"name": "twin"}}""", version: "2.1")));
        var flavors = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Fixture.PostAsync("/v2.1/flavors", new { flavor = new { name = "twin", vcpus = 1, ram = 1, disk = 0 } }, "admin")));

        Assert.Equal((1, 7), (keys.Count(a => a.Status == 200), keys.Count(a => a.Status == 409)));
        Assert.Equal((1, 7), (flavors.Count(a => a.Status == 200), flavors.Count(a => a.Status == 409)));
    }

    private async Task<IReadOnlyList<string>> NamesAsync(string path, string user = "demo", string collection = "servers") =>
        [.. (await Fixture.GetAsync("/v2.1/" + path, user)).Is(200, Fixture.Log).Json.GetProperty(collection).EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];
}
