// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

using Meridian.Bench;
using Meridian.Bench.Identity;

// Usage: Meridian.Bench identity ROOT SECONDS-OF-LOAD | servers ADMIN-OPENRC COUNT CLIENTS | image ADMIN-OPENRC MIB | token ADMIN-OPENRC | guest DEMO-OPENRC
// Prints "name<TAB>value<TAB>unit" lines, which bench/run puts beside the previous ones.
if (args[0] == "identity")
{
    await new IdentityBenchmark(args[1], TimeSpan.FromSeconds(int.Parse(args[2]))).RunAsync();
    return;
}

using var cloud = await Cloud.LogInAsync(args[1]);
switch (args[0])
{
    case "servers": await ServersAsync(int.Parse(args[2]), int.Parse(args[3])); break;
    case "image": await ImageAsync(long.Parse(args[2]) << 20); break;
    case "guest": await new GuestBenchmark(cloud).RunAsync(); break;
    case "token": Console.WriteLine(cloud.Token); break;
    default: throw new InvalidOperationException($"unknown benchmark {args[0]}");
}

async Task ServersAsync(int count, int clients)
{
    await cloud.JsonAsync(HttpMethod.Put, "compute", $"/os-quota-sets/{cloud.ProjectId}", new JsonObject { ["quota_set"] = new JsonObject { ["instances"] = -1, ["cores"] = -1, ["ram"] = -1 } });
    await cloud.JsonAsync(HttpMethod.Put, "network", $"/v2.0/quotas/{cloud.ProjectId}", new JsonObject { ["quota"] = new JsonObject { ["port"] = -1 } });
    var network = (await cloud.JsonAsync(HttpMethod.Post, "network", "/v2.0/networks", new JsonObject { ["network"] = new JsonObject { ["name"] = "bench" } })).GetProperty("network").GetProperty("id").GetString()!;
    await cloud.JsonAsync(HttpMethod.Post, "network", "/v2.0/subnets", new JsonObject { ["subnet"] = new JsonObject { ["network_id"] = network, ["ip_version"] = 4, ["cidr"] = "10.200.0.0/16" } });
    var image = (await cloud.JsonAsync(HttpMethod.Get, "image", "/v2/images?limit=1")).GetProperty("images")[0].GetProperty("id").GetString()!;
    var flavor = (await cloud.JsonAsync(HttpMethod.Get, "compute", "/flavors")).GetProperty("flavors")[0].GetProperty("id").GetString()!;

    await ForgetReplacedHostAsync();
    await CreateAsync(1, 1, network, image, flavor); // warm
    var alone = await CreateAsync(20, 1, network, image, flavor);
    alone.Sort();
    Console.WriteLine($"POST to ACTIVE, one client, p50\t{alone[alone.Count / 2]:F0}\tms");
    var began = Stopwatch.GetTimestamp();
    var times = await CreateAsync(count, clients, network, image, flavor);
    var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
    times.Sort();
    Console.WriteLine($"{count} creates from {clients} clients: ACTIVE\t{times.Count}\tservers");
    Console.WriteLine($"{count} creates from {clients} clients: rate\t{times.Count / elapsed:F1}\tservers/s");
    Console.WriteLine($"{count} creates from {clients} clients: p50\t{times[times.Count / 2]:F0}\tms");
}

// bench/run turns the one simulated host of `up` into a hundred: the one counts as up for a while, but nothing works there any more.
async Task ForgetReplacedHostAsync()
{
    var began = Stopwatch.GetTimestamp();
    List<System.Text.Json.JsonElement> services;
    do
    {
        services = [.. (await cloud.JsonAsync(HttpMethod.Get, "compute", "/os-services?binary=nova-compute")).GetProperty("services").EnumerateArray()];
    }
    while (services.Count <= 100 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30));

    if (services.Count > 100)
    {
        await cloud.JsonAsync(HttpMethod.Delete, "compute", $"/os-services/{services.MinBy(s => s.GetProperty("host").GetString()!.Length).GetProperty("id")}");
    }
}

async Task<List<double>> CreateAsync(int count, int clients, string network, string image, string flavor)
{
    var left = count;
    var times = new List<double>();
    await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
    {
        while (Interlocked.Decrement(ref left) >= 0)
        {
            var began = Stopwatch.GetTimestamp();
            var body = new JsonObject { ["server"] = new JsonObject { ["name"] = "bench", ["imageRef"] = image, ["flavorRef"] = flavor, ["networks"] = new JsonArray(new JsonObject { ["uuid"] = network }) } };
            var id = (await cloud.JsonAsync(HttpMethod.Post, "compute", "/servers", body)).GetProperty("server").GetProperty("id").GetString()!;
            var status = "BUILD";
            while (status == "BUILD" && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
            {
                await Task.Delay(clients == 1 ? 5 : 50);
                status = (await cloud.JsonAsync(HttpMethod.Get, "compute", $"/servers/{id}")).GetProperty("server").GetProperty("status").GetString()!;
            }

            lock (times)
            {
                if (status == "ACTIVE")
                {
                    times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
                else
                {
                    Console.Error.WriteLine($"{id} is {status}");
                }
            }
        }
    }));
    return times;
}

async Task ImageAsync(long bytes)
{
    var body = new JsonObject { ["name"] = "bench", ["disk_format"] = "raw", ["container_format"] = "bare" };
    var id = (await cloud.JsonAsync(HttpMethod.Post, "image", "/v2/images", body)).GetProperty("id").GetString()!;
    var began = Stopwatch.GetTimestamp();
    using var content = new StreamContent(new ZeroStream(bytes), 1 << 20);
    content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    content.Headers.ContentLength = bytes;
    using (var upload = await cloud.SendAsync(HttpMethod.Put, "image", $"/v2/images/{id}/file", content))
    {
        upload.EnsureSuccessStatusCode();
    }

    Console.WriteLine($"image upload\t{bytes / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds:F0}\tMB/s");
    began = Stopwatch.GetTimestamp();
    using var download = await cloud.SendAsync(HttpMethod.Get, "image", $"/v2/images/{id}/file", null);
    await using var stream = await download.Content.ReadAsStreamAsync();
    var buffer = new byte[1 << 20];
    long read = 0;
    for (int n; (n = await stream.ReadAsync(buffer)) > 0; read += n)
    {
    }

    Console.WriteLine($"image download\t{read / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds:F0}\tMB/s");
    using var deleted = await cloud.SendAsync(HttpMethod.Delete, "image", $"/v2/images/{id}", null);
}
