// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

using Meridian.Testing;

namespace Meridian.System.Tests.Up;

/// <summary><c>up</c> again, after an orderly end and after kill -9 at some moments of the first one, goes on with the same things.</summary>
public sealed class UpAgainTests
{
    [Fact]
    public async Task Up_goes_on_with_what_a_killed_one_left()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("state");
        string[] up = ["up", "--simulate", "--state-dir", path, "--address", "RegionOne=127.0.94.15", "--address", "RegionTwo=127.0.94.23"];
        string[] state = ["--state-dir", path];

        // Killed while it comes up, at moments that set-up has not chosen.
        foreach (var milliseconds in (int[])[300, 900, 1800, 3000])
        {
            using var process = CommandLine.Start("meridian", up);
            await Task.WhenAny(process.WaitForExitAsync(TestContext.Current.CancellationToken), Task.Delay(milliseconds, TestContext.Current.CancellationToken));
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var (rc, output) = await CommandLine.RunAsync("meridian", [.. up, "--detach"]);
        Assert.True(rc == 0, output);
        var first = await SnapshotAsync(path);
        Assert.Equal(15, first.Count(line => line.StartsWith("RegionTwo ", StringComparison.Ordinal)));
        var (statusRc, status) = await CommandLine.RunAsync("meridian", ["status", .. state]);
        Assert.True(statusRc == 0, status);
        Assert.Contains("SIMULATED", status, StringComparison.Ordinal);

        var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(path, "run", "meridian.pid"), TestContext.Current.CancellationToken));
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        (rc, output) = await CommandLine.RunAsync("meridian", ["up", "--simulate", "--detach", .. state]);
        Assert.True(rc == 0, output);
        var second = await SnapshotAsync(path);
        (rc, output) = await CommandLine.RunAsync("meridian", ["up", "--simulate", "--detach", .. state]);
        Assert.True(rc == 1 && output.Contains("already runs", StringComparison.Ordinal), output);
        (rc, output) = await CommandLine.RunAsync("meridian", ["reset", .. state]);
        Assert.True(rc == 2, output);
        (rc, output) = await CommandLine.RunAsync("meridian", ["reset", "--yes", .. state]);
        Assert.True(rc == 0, output);

        Assert.Equal(first, second);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task A_file_changed_by_hand_is_kept_and_named()
    {
        using var folder = new TemporaryFolder();
        string[] up = ["up", "--simulate", "--detach", "--regions", "1", "--state-dir", folder.Path, "--address"];
        var (rc, output) = await CommandLine.RunAsync("meridian", [.. up, "RegionOne=127.0.94.31"]);
        Assert.True(rc == 0, output);
        await CommandLine.RunAsync("meridian", "down", "--state-dir", folder.Path);
        var file = Path.Combine(folder.Path, "etc", "RegionOne", "keystone.conf");
        await File.AppendAllTextAsync(file, "# mine\n", TestContext.Current.CancellationToken);

        (rc, output) = await CommandLine.RunAsync("meridian", [.. up, "RegionOne=127.0.94.31"]);

        await CommandLine.RunAsync("meridian", "down", "--state-dir", folder.Path);
        Assert.True(rc == 0, output);
        Assert.Contains("RegionOne/keystone.conf was changed by hand", output, StringComparison.Ordinal);
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("up", "--regions", "0")]
    [InlineData("up", "--regions", "eleven")]
    [InlineData("up", "--address", "127.0.0.1")]
    [InlineData("up", "--simulate", "--address", "RegionNine=127.0.0.1")]
    [InlineData("up", "--simulate", "--address", "RegionOne=nowhere")]
    [InlineData("up", "--simulate", "--address", "RegionOne=127.0.0.23")]
    [InlineData("upp")]
    public async Task A_wrong_command_line_is_an_error_of_one_line(params string[] arguments)
    {
        using var folder = new TemporaryFolder();

        var (rc, output) = await CommandLine.RunAsync("meridian", [.. arguments, .. arguments[0] == "up" ? ["--state-dir", folder.Path] : Array.Empty<string>()]);

        Assert.InRange(rc, 1, 2);
        Assert.DoesNotContain("Exception", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("meridian")]
    [InlineData("meridian", "up")]
    [InlineData("meridian", "down")]
    [InlineData("meridian", "status")]
    [InlineData("meridian", "reset")]
    [InlineData("meridian", "config")]
    [InlineData("keystone")]
    [InlineData("placement-api")]
    [InlineData("placement-manage", "db", "sync")]
    public async Task Help_is_everywhere(string name, params string[] arguments)
    {
        var (rc, output) = await CommandLine.RunAsync(name, [.. arguments, "--help"]);

        Assert.Equal(0, rc);
        Assert.Contains("Usage:", output, StringComparison.Ordinal);
        Assert.Contains(name, output, StringComparison.Ordinal);
    }

    /// <summary>Ids of users, projects, endpoints: one line each.</summary>
    private static async Task<List<string>> SnapshotAsync(string state)
    {
        var openrc = Client.OpenStackClient.ReadOpenrc(Path.Combine(state, "admin-openrc-RegionOne"));
        using var http = new HttpClient();
        var body = new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject { ["user"] = new JsonObject { ["name"] = "admin", ["domain"] = new JsonObject { ["id"] = "default" }, ["password"] = openrc["OS_PASSWORD"] } },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = "admin", ["domain"] = new JsonObject { ["id"] = "default" } } },
            },
        };
        using var login = await http.PostAsJsonAsync(openrc["OS_AUTH_URL"] + "/auth/tokens", body, TestContext.Current.CancellationToken);
        http.DefaultRequestHeaders.Add("X-Auth-Token", login.Headers.GetValues("X-Subject-Token").Single());
        var lines = new List<string>();
        foreach (var collection in (string[])["users", "projects", "services", "endpoints"])
        {
            var answer = await http.GetFromJsonAsync<JsonElement>($"{openrc["OS_AUTH_URL"]}/{collection}", TestContext.Current.CancellationToken);
            lines.AddRange(answer.GetProperty(collection).EnumerateArray().Select(entry =>
                $"{(entry.TryGetProperty("region_id", out var region) ? region.GetString() : collection)} {(entry.TryGetProperty("url", out var url) ? url : entry.GetProperty("name"))} {entry.GetProperty("id").GetString()}"));
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }
}
