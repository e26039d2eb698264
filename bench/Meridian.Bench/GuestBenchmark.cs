// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Meridian.Bench;

/// <summary>One real guest of <c>meridian-guest</c> on the demo project's network: seconds from POST to ACTIVE, and to the first log-in by SSH at its floating IP.</summary>
internal sealed class GuestBenchmark(Cloud cloud)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public async Task RunAsync()
    {
        var key = Path.Combine(Directory.CreateTempSubdirectory("bench").FullName, "key");
        var name = "bench-" + Guid.NewGuid().ToString("N")[..6];
        var pair = (await cloud.JsonAsync(HttpMethod.Post, "compute", "/os-keypairs", new JsonObject { ["keypair"] = new JsonObject { ["name"] = name } })).GetProperty("keypair");
        await File.WriteAllTextAsync(key, pair.GetProperty("private_key").GetString());
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var group = await OpenSshAsync(name);
        var address = await FloatingAddressAsync();

        var began = Stopwatch.GetTimestamp();
        var server = await CreateAsync(name, group);
        Console.WriteLine($"real guest: POST to ACTIVE\t{Stopwatch.GetElapsedTime(began).TotalSeconds:F1}\ts");
        await AssociateAsync(server, address.GetProperty("id").GetString()!);
        await UntilAsync(() => LogsInAsync(key, address.GetProperty("floating_ip_address").GetString()!), "the guest did not answer by SSH");
        Console.WriteLine($"real guest: POST to SSH log-in\t{Stopwatch.GetElapsedTime(began).TotalSeconds:F1}\ts");
    }

    private async Task<string> OpenSshAsync(string name)
    {
        var group = await PostAsync("network", "/v2.0/security-groups", "security_group", new() { ["name"] = name });
        var id = group.GetProperty("id").GetString()!;
        await PostAsync(
            "network", "/v2.0/security-group-rules", "security_group_rule",
            new() { ["security_group_id"] = id, ["direction"] = "ingress", ["ethertype"] = "IPv4", ["protocol"] = "tcp", ["port_range_min"] = 22, ["port_range_max"] = 22 });
        return name;
    }

    private async Task<JsonElement> FloatingAddressAsync() =>
        await PostAsync("network", "/v2.0/floatingips", "floatingip", new() { ["floating_network_id"] = await IdAsync("network", "/v2.0/networks?name=public", "networks") });

    private async Task<string> CreateAsync(string name, string group)
    {
        var server = await PostAsync("compute", "/servers", "server", new()
        {
            ["name"] = name, ["key_name"] = name, ["security_groups"] = new JsonArray(new JsonObject { ["name"] = group }),
            ["imageRef"] = await IdAsync("image", "/v2/images?name=meridian-guest", "images"), ["flavorRef"] = await FlavorAsync("m1.nano"),
            ["networks"] = new JsonArray(new JsonObject { ["uuid"] = await IdAsync("network", "/v2.0/networks?name=private", "networks") }),
        });
        var id = server.GetProperty("id").GetString()!;
        await UntilAsync(async () => await StatusAsync(id) == "ACTIVE", "the server did not become ACTIVE");
        return id;
    }

    private async Task AssociateAsync(string server, string floatingAddress)
    {
        var port = await IdAsync("network", $"/v2.0/ports?device_id={server}", "ports");
        await cloud.JsonAsync(HttpMethod.Put, "network", $"/v2.0/floatingips/{floatingAddress}", new JsonObject { ["floatingip"] = new JsonObject { ["port_id"] = port } });
    }

    private async Task<string> StatusAsync(string id)
    {
        var server = (await cloud.JsonAsync(HttpMethod.Get, "compute", $"/servers/{id}")).GetProperty("server");
        var status = server.GetProperty("status").GetString()!;
        return status == "ERROR" ? throw new InvalidOperationException($"server {id} is in ERROR: {server.GetProperty("fault")}") : status;
    }

    private async Task<string> FlavorAsync(string name) =>
        (await cloud.JsonAsync(HttpMethod.Get, "compute", "/flavors")).GetProperty("flavors").EnumerateArray().First(f => f.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;

    private async Task<string> IdAsync(string service, string path, string collection) =>
        (await cloud.JsonAsync(HttpMethod.Get, service, path)).GetProperty(collection)[0].GetProperty("id").GetString()!;

    private async Task<JsonElement> PostAsync(string service, string path, string name, JsonObject body) =>
        (await cloud.JsonAsync(HttpMethod.Post, service, path, new JsonObject { [name] = body })).GetProperty(name);

    private static async Task<bool> LogsInAsync(string key, string address)
    {
        string[] options = ["-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-o", "LogLevel=QUIET"];
        using var ssh = Process.Start(new ProcessStartInfo("ssh", [.. options, "guest@" + address, "true"]))!;
        await ssh.WaitForExitAsync();
        return ssh.ExitCode == 0;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new TimeoutException(otherwise);
            }

            await Task.Delay(100);
        }
    }
}
