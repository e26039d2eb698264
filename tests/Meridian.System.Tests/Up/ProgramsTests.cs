// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Sockets;

using Meridian.Testing;

namespace Meridian.System.Tests.Up;

/// <summary>The executable called by OpenStack's names: one program a process, from a configuration as an operator writes it.</summary>
public sealed class ProgramsTests
{
    [Fact]
    public async Task A_service_refuses_an_older_schema_until_db_sync_ran_and_then_serves()
    {
        using var folder = new TemporaryFolder();
        var config = folder.File("placement.conf");
        var port = FreePort();
        await WriteAsync(config, $"[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = 1\n[placement_database]\nconnection = sqlite:///{folder.File("p.db")}\n");

        var (rc, output) = await CommandLine.RunAsync("placement-api", "--config-file", config);
        Assert.Equal(1, rc);
        Assert.Contains("placement-manage db sync --config-file", output, StringComparison.Ordinal);
        (rc, output) = await CommandLine.RunAsync("placement-manage", "db", "sync", "--config-file", config);
        Assert.True(rc == 0, output);

        // A later file and the environment win over an earlier file.
        Directory.CreateDirectory(folder.File("conf.d"));
        await WriteAsync(folder.File("conf.d/50-port.conf"), $"[DEFAULT]\nbind_port = {port}\n");
        using var process = CommandLine.Start("placement-api", "--config-file", config, "--config-dir", folder.File("conf.d"));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await CommandLine.WaitAsync(async () => await AnswersAsync(http), "placement-api answers");
        using var term = global::System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString()]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task A_process_of_one_service_refuses_the_bus_inside_a_process()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("placement.conf"), "[DEFAULT]\ntransport_url = fake://\n");

        var (rc, output) = await CommandLine.RunAsync("placement-api", "--config-file", folder.File("placement.conf"));

        Assert.Equal(1, rc);
        Assert.Contains("placement.conf:2: ", output, StringComparison.Ordinal);
        Assert.Contains("rabbit://", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_value_names_file_line_option_and_what_was_expected()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("placement.conf"), "[DEFAULT]\n\nbind_port = many\n");

        var (rc, output) = await CommandLine.RunAsync("placement-api", "--config-file", folder.File("placement.conf"));

        Assert.Equal(1, rc);
        Assert.Contains("placement.conf:3: option bind_port in section [DEFAULT] is \"many\"; expected an integer", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_tells_of_each_option_what_became_of_it()
    {
        using var folder = new TemporaryFolder();
        await WriteAsync(folder.File("placement.conf"), "[DEFAULT]\nbind_port = 8778\ncolour = blue\n");

        var (rc, output) = await CommandLine.RunAsync("meridian", "config", "--all", folder.File("placement.conf"));

        Assert.Equal(1, rc);
        Assert.Matches("bind_port .*honoured", output);
        Assert.Matches("colour .*unknown", output);
    }

    private static async Task WriteAsync(string file, string text) => await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

    private static async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync("/", TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
