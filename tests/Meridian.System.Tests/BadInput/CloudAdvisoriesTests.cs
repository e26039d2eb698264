// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Meridian.System.Tests.BadInput;

/// <summary>Advisories about a cloud as a whole: its logs, files, memory, and what its services say to each other's strangers. docs/security.md has the list.</summary>
[Collection(nameof(BadInputCloud))]
public sealed class CloudAdvisoriesTests(BadInputCloud cloud)
{
    private static readonly int[] Ports = [5000, 9292, 8774, 8775, 8778, 9696];

    [Fact]
    public async Task Ossa_2013_003_2012_003_bad_requests_do_not_flood_the_log()
    {
        const int Requests = 50;
        var before = LogBytes();
        var body = Encoding.UTF8.GetBytes(
            """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"NAME","domain":{"id":"default"},"password":"x"}}}}}"""
                .Replace("NAME", new string('n', 20_000), StringComparison.Ordinal));

        for (var i = 0; i < Requests; i++)
        {
            (await cloud.SendAsync(5000, "POST", "/v3/auth/tokens", null, body)).Answer.Dispose();
            (await cloud.SendAsync(8774, "GET", "/v2.1/servers/" + new string('x', 6000), cloud.Admin)).Answer.Dispose();
            (await cloud.SendAsync(9696, "POST", "/v2.0/networks", cloud.Admin, Encoding.UTF8.GetBytes($$$"""{"network":{"name":"{{{new string('n', 20_000)}}}"}}"""))).Answer.Dispose();
        }

        Assert.InRange(LogBytes() - before, 0, Requests * 3 * 2048);
    }

    [Fact]
    public void Ossa_2013_010_what_is_secret_is_its_owners_alone()
    {
        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;
        var wrong = new List<string>();
        foreach (var path in Directory.EnumerateFileSystemEntries(cloud.StateDirectory, "*", SearchOption.AllDirectories))
        {
            var mode = File.GetUnixFileMode(path);
            var secret = Path.GetExtension(path) is ".db" or ".conf" or ".json" or ".yaml" || path.Contains("openrc", StringComparison.Ordinal) || path.Contains("-keys/", StringComparison.Ordinal)
                || path.Contains("/images/", StringComparison.Ordinal);
            if ((mode & (secret ? Others : UnixFileMode.OtherWrite)) != UnixFileMode.None && !IsBelowClosedFolder(path))
            {
                wrong.Add($"{mode} {path}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Ossa_2013_013_no_secret_is_on_a_command_line()
    {
        var secrets = await SecretsAsync();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out _)))
        {
            string line;
            try
            {
                line = await File.ReadAllTextAsync(Path.Combine(process, "cmdline"), TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                continue; // It ended meanwhile.
            }

            Assert.DoesNotContain(secrets, secret => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Ossa_2014_021_2015_008_2017_001_2020_001_no_password_and_no_token_is_logged()
    {
        string[] secrets = [.. await SecretsAsync(), cloud.Admin, cloud.Reader, cloud.Stranger, cloud["bootstrap"]];
        (await cloud.SendAsync(9292, "GET", "/v2/images?token=" + cloud.Admin, cloud.Admin)).Answer.Dispose();

        foreach (var file in Logs())
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                Assert.DoesNotContain(secrets, secret => line.Contains(secret, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task Ossa_2013_017_2014_007_two_tokens_over_the_same_connections_never_mix()
    {
        var wrong = 0;

        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (i, _) =>
        {
            var (token, project) = i % 2 == 0 ? (cloud.Reader, cloud["project"]) : (cloud.Stranger, cloud["otherProject"]);
            var (_, text, answer) = await cloud.SendAsync(9696, "GET", "/v2.0/quotas/project", token);
            answer.Dispose();
            if (!text.Contains(project, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref wrong);
            }
        });

        Assert.Equal(0, wrong);
    }

    [Fact]
    public async Task Ossa_2021_006_unknown_paths_cost_no_memory()
    {
        await AskUnknownAsync(1000);
        var before = ResidentMib();

        await AskUnknownAsync(4000);

        Assert.InRange(ResidentMib() - before, -1000, 64);
    }

    [Theory]
    [InlineData("//evil.example/%2e%2e")]
    [InlineData("//evil.example/..")]
    [InlineData("/%5cevil.example")]
    [InlineData("/v2.1//evil.example/")]
    [InlineData("/http://evil.example")]
    [InlineData("/v3/?next=//evil.example")]
    public async Task Ossa_2021_002_nothing_redirects_to_another_site(string path)
    {
        foreach (var port in Ports)
        {
            var (status, _, answer) = await cloud.SendAsync(port, "GET", path, cloud.Admin);
            using (answer)
            {
                Assert.True((int)status is < 300 or >= 400 || answer.Headers.Location?.Host is not "evil.example", $"{port} {path}: {(int)status} {answer.Headers.Location}");
                Assert.NotEqual(HttpStatusCode.InternalServerError, status);
            }
        }
    }

    [Theory]
    [InlineData("image", "$ownImage", "$sharedNetwork")]
    [InlineData("network", "$image", "$network")]
    [InlineData("port", "$image", "")]
    public async Task Ossa_2013_001_nobody_boots_from_what_is_anothers(string what, string image, string network)
    {
        var shared = (string)(await cloud.CallAsync(9696, "GET", "/v2.0/networks?router:external=true"))["networks"]![0]!["id"]!;
        var nic = what == "port" ? $$"""{"port":"{{cloud["port"]}}"}""" : $$"""{"uuid":"{{(network == "$sharedNetwork" ? shared : cloud.Fill(network))}}"}""";
        var flavor = (string)(await cloud.CallAsync(8774, "GET", "/v2.1/flavors", token: cloud.Stranger))["flavors"]![0]!["id"]!;
        var body = $$$"""{"server":{"name":"thief","imageRef":"{{{cloud.Fill(image)}}}","flavorRef":"{{{flavor}}}","networks":[{{{nic}}}]}}""";

        var (status, text, answer) = await cloud.SendAsync(8774, "POST", "/v2.1/servers", cloud.Stranger, Encoding.UTF8.GetBytes(body), "application/json", BadInputCloud.Latest(8774));
        answer.Dispose();

        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{(int)status} {text}");
        Assert.Empty((await cloud.CallAsync(8774, "GET", "/v2.1/servers?name=thief", token: cloud.Stranger))["servers"]!.AsArray());
    }

    [Fact]
    public async Task Ossa_2012_009_ten_thousand_scheduler_hints_are_refused_quickly()
    {
        var hints = string.Join(',', Enumerable.Range(0, 10_000).Select(_ => $"\"{Guid.NewGuid()}\""));
        var few = string.Join(',', Enumerable.Range(0, 2000).Select(_ => $"\"{Guid.NewGuid()}\""));
        var clock = Stopwatch.StartNew();

        foreach (var (list, expected) in new[] { (hints, new[] { 400, 413 }), (few, [400, 413, 202]) })
        {
            var body = cloud.Fill("""{"server":{"name":"hints","imageRef":"$image","flavorRef":"$flavor","networks":"none"},"os:scheduler_hints":{"different_host":[LIST]}}""")
                .Replace("LIST", list, StringComparison.Ordinal);
            var (status, text, answer) = await cloud.SendAsync(8774, "POST", "/v2.1/servers", cloud.Admin, Encoding.UTF8.GetBytes(body), "application/json", BadInputCloud.Latest(8774));
            answer.Dispose();
            Assert.True(expected.Contains((int)status), $"{(int)status} {text}");
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("../../../../../../tmp/ossa_2011_001")]
    [InlineData("/tmp/ossa_2011_001")]
    [InlineData("ossa_2011_001\\u0000.raw")]
    [InlineData("$(touch ossa_2011_001)")]
    public async Task Ossa_2011_001_2012_008_2014_012_names_are_no_paths(string name)
    {
        foreach (var (port, path, body) in new[]
        {
            (8774, "/v2.1/servers", """{"server":{"name":"NAME","imageRef":"$image","flavorRef":"$flavor","networks":"none","user_data":"Li4vLi4v","metadata":{"a":"NAME"}}}"""),
            (8774, "/v2.1/os-keypairs", """{"keypair":{"name":"NAME","type":"ssh","public_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5r1c9yq9mLnFhnmwqJ2zPfwKXo9R0TXo2RrBfN4Q5g a"}}"""),
            (9292, "/v2/images", """{"name":"NAME","id":"NAME","disk_format":"raw","container_format":"bare"}"""),
            (9696, "/v2.0/networks", """{"network":{"name":"NAME"}}"""),
            (5000, "/v3/regions", """{"region":{"id":"NAME"}}"""),
        })
        {
            var (status, text, answer) = await cloud.SendAsync(
                port, "POST", path, cloud.Admin, Encoding.UTF8.GetBytes(cloud.Fill(body).Replace("NAME", name, StringComparison.Ordinal)), "application/json", BadInputCloud.Latest(port));
            answer.Dispose();
            Assert.True((int)status < 500, $"{path}: {(int)status} {text}");
        }

        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(cloud.StateDirectory, "*", SearchOption.AllDirectories), path => path.Contains("ossa_2011", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries("/tmp", "ossa_2011_001*"));
    }

    [Fact]
    public async Task Ossa_2012_001_region_two_takes_no_other_project_in_the_url_either()
    {
        foreach (var (project, expected) in new[] { (cloud["project"], 400), (cloud["otherProject"], 200) })
        {
            var (status, text, answer) = await cloud.SendToAsync(cloud.RegionTwo, 8774, "GET", $"/v2.1/{project}/servers", cloud.Stranger);
            answer.Dispose();
            Assert.True((int)status == expected, $"{(int)status} {text}");
        }
    }

    [Fact]
    public async Task Ossa_2014_015_a_user_with_the_id_of_a_group_gets_none_of_its_roles()
    {
        var (status, text, answer) = await cloud.SendAsync(
            5000, "POST", "/v3/users", cloud.Admin, Encoding.UTF8.GetBytes(cloud.Fill("""{"user":{"name":"$new","id":"$group","password":"secret"}}""")));
        answer.Dispose();

        Assert.True(status == HttpStatusCode.BadRequest || !text.Contains($"\"id\":\"{cloud["group"]}\"", StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task Ossa_2018_002_only_projects_with_a_role_are_listed()
    {
        foreach (var path in new[] { "/v3/OS-FEDERATION/projects", "/v3/auth/projects" })
        {
            var projects = (await cloud.CallAsync(5000, "GET", path, token: cloud.Stranger))["projects"]!.AsArray();
            Assert.Equal([cloud["otherProject"]], projects.Select(project => (string)project!["id"]!));
        }
    }

    [Theory]
    [InlineData("\"FALSE\"")]
    [InlineData("\"0\"")]
    [InlineData("\"false\"")]
    [InlineData("0")]
    [InlineData("\"\"")]
    public async Task Ossa_2026_007_enabled_is_true_or_false_and_nothing_else(string value)
    {
        var (status, text, answer) = await cloud.SendAsync(
            5000, "POST", "/v3/users", cloud.Admin, Encoding.UTF8.GetBytes(cloud.Fill("""{"user":{"name":"$new","password":"secret","enabled":VALUE}}""").Replace("VALUE", value, StringComparison.Ordinal)));
        answer.Dispose();

        Assert.True(status == HttpStatusCode.BadRequest, $"{(int)status} {text}");
        Assert.Contains("enabled", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("regionone")]
    [InlineData("RegionOne ")]
    [InlineData(" RegionOne")]
    [InlineData("../RegionOne")]
    [InlineData("RegionOne/")]
    [InlineData("RegionOne\\u0000")]
    [InlineData("RegionOne\\n")]
    [InlineData("RegiоnOne")] // a Cyrillic о
    [InlineData("RegionOne\\u200b")]
    public async Task S3_a_region_does_not_look_like_another(string id)
    {
        var (status, text, answer) = await cloud.SendAsync(5000, "POST", "/v3/regions", cloud.Admin, Encoding.UTF8.GetBytes($$$"""{"region":{"id":"{{{id}}}"}}"""));
        answer.Dispose();

        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict, $"{(int)status} {text}");
    }

    [Fact]
    public async Task S4_the_catalog_is_the_administrators()
    {
        foreach (var token in new[] { cloud.Reader, cloud.Stranger })
        {
            foreach (var (method, path, body) in new[]
            {
                ("POST", "/v3/endpoints", """{"endpoint":{"service_id":"$service","interface":"public","region_id":"RegionTwo","url":"http://evil.example"}}"""),
                ("PATCH", "/v3/endpoints/$endpoint", """{"endpoint":{"url":"http://evil.example"}}"""),
                ("DELETE", "/v3/endpoints/$endpoint", "{}"),
                ("POST", "/v3/services", """{"service":{"type":"identity"}}"""),
                ("POST", "/v3/regions", """{"region":{"id":"Evil"}}"""),
                ("PATCH", "/v3/regions/RegionTwo", """{"region":{"description":"evil"}}"""),
            })
            {
                var (status, text, answer) = await cloud.SendAsync(5000, method, cloud.Fill(path), token, Encoding.UTF8.GetBytes(cloud.Fill(body)));
                answer.Dispose();
                Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path}: {(int)status} {text}");
            }
        }
    }

    [Fact]
    public async Task S5_a_service_token_without_the_role_makes_no_service()
    {
        foreach (var (service, expected) in new[] { (cloud.Stranger, 401), (cloud.Reader, 401), ("garbage", 401), (cloud.Admin, 200) })
        {
            var (status, text, answer) = await cloud.SendAsync(8774, "GET", "/v2.1/servers", cloud.Stranger, null, null, ("X-Service-Token", service));
            answer.Dispose();
            Assert.True((int)status == expected, $"{(int)status} {text}");
        }
    }

    [Theory]
    [InlineData(8774, "/v2.1/servers", """{"server":{"name":"$new","imageRef":"$image","flavorRef":"$flavor","networks":"none",MEMBER}}""", 400)]
    [InlineData(9292, "/v2/images", """{"name":"$new",MEMBER}""", 403)]
    [InlineData(8778, "/resource_providers", """{"name":"$new",MEMBER}""", 400)]
    public async Task S12_what_the_service_decides_is_not_the_clients(int port, string path, string body, int expected)
    {
        foreach (var member in new[] { "\"status\":\"ACTIVE\"", "\"created_at\":\"2020-01-01T00:00:00Z\"", "\"checksum\":\"0\"", "\"deleted\":false", "\"size\":1" }.Concat(port == 8774 ? ["\"project_id\":\"x\"", "\"tenant_id\":\"x\"", "\"user_id\":\"x\"", "\"id\":\"x\""] : []))
        {
            var (status, text, answer) = await cloud.SendAsync(
                port, "POST", path, cloud.Admin, Encoding.UTF8.GetBytes(cloud.Fill(body).Replace("MEMBER", member, StringComparison.Ordinal)), "application/json", BadInputCloud.Latest(port));
            answer.Dispose();
            Assert.True((int)status == expected, $"{member}: {(int)status} {text}");
        }
    }

    [Theory]
    [InlineData(9292, "/v2/images?limit=1&marker=", "ownImage")]
    [InlineData(8774, "/v2.1/servers?limit=1&marker=", "server")]
    [InlineData(9696, "/v2.0/ports?limit=1&marker=", "port")]
    public async Task S14_a_marker_of_another_project_is_as_good_as_unknown(int port, string path, string mark)
    {
        const string Nobody = "00000000-0000-4000-8000-000000000000";

        var (status, text, first) = await cloud.SendAsync(port, "GET", path + cloud[mark], cloud.Stranger);
        var (unknown, unknownText, second) = await cloud.SendAsync(port, "GET", path + Nobody, cloud.Stranger);
        first.Dispose();
        second.Dispose();

        Assert.True((int)status is 400 or 404, $"{(int)status} {text}");
        Assert.Equal((unknown, unknownText), (status, text.Replace(cloud[mark], Nobody, StringComparison.Ordinal)));
    }

    private bool IsBelowClosedFolder(string path)
    {
        for (var folder = Path.GetDirectoryName(path)!; folder.Length > cloud.StateDirectory.Length; folder = Path.GetDirectoryName(folder)!)
        {
            if ((File.GetUnixFileMode(folder) & (UnixFileMode.OtherExecute | UnixFileMode.OtherRead)) == UnixFileMode.None)
            {
                return true;
            }
        }

        return false;
    }

    private IEnumerable<string> Logs() => Directory.EnumerateFiles(Path.Combine(cloud.StateDirectory, "log"), "*.log", SearchOption.AllDirectories);

    private long LogBytes() => Logs().Sum(file => new FileInfo(file).Length);

    private long ResidentMib() =>
        long.Parse(File.ReadLines($"/proc/{cloud.ProcessId}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private async Task AskUnknownAsync(int count) => await Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = TestContext.Current.CancellationToken },
        async (i, _) => (await cloud.SendAsync(Ports[i % Ports.Length], "GET", $"/unknown/{Guid.NewGuid()}/{i}", i % 2 == 0 ? cloud.Admin : null)).Answer.Dispose());

    // Every value of secrets.json: passwords of services and people, shared secrets.
    private async Task<List<string>> SecretsAsync() =>
        [.. JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(cloud.StateDirectory, "secrets.json"), TestContext.Current.CancellationToken))!
            .AsObject().Select(member => member.Value!.ToString()).Where(value => value.Length >= 8)];
}
