// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Net;
using System.Text.Json;

using Meridian.Identity.Users;
using Meridian.Identity.Users.Passwords;
using Meridian.Testing.Engines;

namespace Meridian.Bench.Identity;

/// <summary>Keystone alone: on SQLite and MariaDB, with a tenth of the rows and with all, with a catalog of two regions and of three hundred.</summary>
internal sealed class IdentityBenchmark(string root, TimeSpan load)
{
    private const int Users = 100_000;
    private const int Projects = 20_000;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(8);

    public async Task RunAsync()
    {
        using var folder = new Meridian.Testing.TemporaryFolder();
        await using var mariadb = new MariaDbFixture();
        foreach (var (kind, connection) in new (string, Func<Task<string?>>)[]
        {
            ("SQLite", () => Task.FromResult<string?>(null)),
            ("MariaDB", async () => await mariadb.CreateDatabaseAsync(CancellationToken.None)),
        })
        {
            await using (var small = await StartAsync(folder.File(kind + "-tenth"), await connection(), Users / 10, Projects / 10))
            {
                await ListsAsync(small, $"{kind}, a tenth of the rows");
            }

            await using var keystone = await StartAsync(folder.File(kind), await connection(), Users, Projects);
            await TokensAsync(keystone, kind);
            await ListsAsync(keystone, kind);
            if (kind == "SQLite")
            {
                await PasswordsAsync(keystone);
                await RestartAsync(keystone);
                await LoadAsync(keystone);
            }
        }

        await CatalogAsync(folder.File("catalog"));
    }

    private static void Print(string name, double value, string unit, int decimals = 0) =>
        Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}\t{Math.Round(value, decimals)}\t{unit}"));

    private async Task<KeystoneProcess> StartAsync(string folder, string? connection, int users, int projects)
    {
        var keystone = new KeystoneProcess(root, folder, connection);
        await keystone.SetUpAsync();
        await new IdentityRows(keystone.ConfigFile).UsersAndProjectsAsync(users, projects, KeystoneProcess.Password);
        keystone.Start();
        await keystone.UntilAsync(() => new(HttpMethod.Get, keystone.Url), HttpStatusCode.OK);
        await TwoRegionsAsync(keystone, await AdminAsync(keystone));
        return keystone;
    }

    private static async Task<string> AdminAsync(KeystoneProcess keystone) =>
        await keystone.LogInAsync("admin", KeystoneProcess.Password, toAdminProject: true) ?? throw new InvalidOperationException("admin cannot log in");

    /// <summary>2 regions with 7 services of 3 interfaces each: about 8 KB of a token.</summary>
    private static async Task TwoRegionsAsync(KeystoneProcess keystone, string admin)
    {
        await keystone.CallAsync(HttpMethod.Post, "/regions", admin, new { region = new { id = "RegionTwo" } });
        foreach (var type in new[] { "image", "compute", "placement", "network", "volumev2", "volumev3" })
        {
            var service = (await keystone.CallAsync(HttpMethod.Post, "/services", admin, new { service = new { type, name = type } })).GetProperty("service").GetProperty("id").GetString();
            await EndpointsAsync(keystone, admin, service!, "RegionOne");
            await EndpointsAsync(keystone, admin, service!, "RegionTwo");
        }

        var identity = (await keystone.CallAsync(HttpMethod.Get, "/services?type=identity", admin)).GetProperty("services")[0].GetProperty("id").GetString();
        await EndpointsAsync(keystone, admin, identity!, "RegionTwo");
    }

    private static async Task EndpointsAsync(KeystoneProcess keystone, string admin, string service, string region)
    {
        foreach (var kind in new[] { "public", "internal", "admin" })
        {
            await keystone.CallAsync(HttpMethod.Post, "/endpoints", admin, new
            {
                endpoint = new Dictionary<string, string> { ["service_id"] = service, ["interface"] = kind, ["region_id"] = region, ["url"] = $"http://{region.ToLowerInvariant()}:8776/v3/%(project_id)s" },
            });
        }
    }

    private static async Task TokensAsync(KeystoneProcess keystone, string kind)
    {
        var token = await AdminAsync(keystone);
        var headers = new Dictionary<string, string> { ["X-Auth-Token"] = token, ["X-Subject-Token"] = token };
        var (rate, p99) = await Wrk.RunAsync(keystone.Url + "/auth/tokens", Short, headers);
        Print($"{kind}: validate", rate, "/s");
        Print($"{kind}: validate, p99", p99, "ms", 1);
        Print($"{kind}: validate, nocatalog", (await Wrk.RunAsync(keystone.Url + "/auth/tokens?nocatalog", Short, headers)).Rate, "/s");
        var rescope = JsonSerializer.Serialize(new
        {
            auth = new { identity = new { methods = new[] { "token" }, token = new { id = token } }, scope = new { project = new { name = "admin", domain = new { id = "default" } } } },
        });
        Print($"{kind}: rescope", (await Wrk.RunAsync(keystone.Url + "/auth/tokens", Short, new Dictionary<string, string>(), rescope, 201)).Rate, "/s");
    }

    private static async Task ListsAsync(KeystoneProcess keystone, string kind)
    {
        var token = await AdminAsync(keystone);
        Print($"{kind}: page of 100 users by name__contains, p50", await keystone.MedianAsync(30, "/users?name__contains=user-0&limit=100", token), "ms", 1);
        Print($"{kind}: page of 100 users by name__startswith, p50", await keystone.MedianAsync(30, "/users?name__startswith=user-00&limit=100", token), "ms", 1);
        var user = (await keystone.CallAsync(HttpMethod.Get, $"/users?name={IdentityRows.NestedUser}", token)).GetProperty("users")[0].GetProperty("id").GetString();
        Print(
            $"{kind}: effective assignments, {IdentityRows.Groups} groups over {IdentityRows.NestedProjects} nested projects, p50",
            await keystone.MedianAsync(30, $"/role_assignments?effective&user.id={user}", token), "ms", 1);
    }

    private static async Task PasswordsAsync(KeystoneProcess keystone)
    {
        const int Times = 25;
        using var hasher = new PasswordHasher(new BcryptHash(KeystoneProcess.Rounds));
        var hash = await hasher.HashAsync(KeystoneProcess.Password, CancellationToken.None);
        var bare = await MedianAsync(Times, () => hasher.VerifyAsync(KeystoneProcess.Password, hash, CancellationToken.None));
        var issued = await MedianAsync(Times, () => keystone.LogInAsync("user-000001", KeystoneProcess.Password));
        Print("bcrypt alone, p50", bare, "ms", 1);
        Print("log-in by password, p50", issued, "ms", 1);
        Print("log-in above bcrypt alone", (issued / bare - 1) * 100, "%", 1);

        for (var i = 0; i < 10; i++)
        {
            await keystone.LogInAsync("user-000003", "wrong"); // Locked from the fifth on.
        }

        Print("refusal of an unknown user, p50", await MedianAsync(Times, () => keystone.LogInAsync("nobody", "wrong")), "ms", 1);
        var next = 100;
        Print("refusal of a wrong password, p50", await MedianAsync(Times, () => keystone.LogInAsync($"user-{next++:D6}", "wrong")), "ms", 1);
        Print("refusal of a locked user, p50", await MedianAsync(Times, () => keystone.LogInAsync("user-000003", "wrong")), "ms", 1);
    }

    private static async Task RestartAsync(KeystoneProcess keystone)
    {
        var token = await AdminAsync(keystone);
        await keystone.StopAsync();
        var began = Stopwatch.GetTimestamp();
        keystone.Start();
        await keystone.UntilAsync(() => keystone.Validate(token), HttpStatusCode.OK);
        Print("start to first validated token", Stopwatch.GetElapsedTime(began).TotalSeconds, "s", 2);
    }

    private async Task LoadAsync(KeystoneProcess keystone)
    {
        var token = await AdminAsync(keystone);
        await Wrk.RunAsync(keystone.Url + "/auth/tokens", load, new Dictionary<string, string> { ["X-Auth-Token"] = token, ["X-Subject-Token"] = token });
        Print($"memory after {load.TotalMinutes:0.#} min of load", keystone.PssMib(), "MiB PSS");
    }

    private async Task CatalogAsync(string folder)
    {
        await using var keystone = new KeystoneProcess(root, folder, null);
        await keystone.SetUpAsync();
        await new IdentityRows(keystone.ConfigFile).RegionsAsync(300);
        keystone.Start();
        await keystone.UntilAsync(() => new(HttpMethod.Get, keystone.Url), HttpStatusCode.OK);
        var token = await AdminAsync(keystone);
        Print("catalog of 300 regions, p50", await keystone.MedianAsync(50, "/auth/catalog", token), "ms", 1);
        var tag = await keystone.TagAsync("/auth/catalog", token) ?? throw new InvalidOperationException("the catalog has no ETag");
        Print("catalog of 300 regions, 304", (await Wrk.RunAsync(
            keystone.Url + "/auth/catalog", Short, new Dictionary<string, string> { ["X-Auth-Token"] = token, ["If-None-Match"] = tag }, status: 304)).Rate, "/s");
    }

    private static async Task<double> MedianAsync<T>(int times, Func<Task<T>> work)
    {
        var elapsed = new List<double>();
        for (var i = -2; i < times; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await work();
            if (i >= 0)
            {
                elapsed.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        elapsed.Sort();
        return elapsed[times / 2];
    }
}
