// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;

using Meridian.System.Tests.Up;

namespace Meridian.System.Tests.Processes;

/// <summary>
/// RegionTwo as an operator runs it: a process a program, on MariaDB and RabbitMQ, from configuration files that differ from RegionOne's in addresses, names,
/// databases and bus alone.
/// </summary>
internal sealed class SecondRegion(string stateDirectory, string addressOne, string address) : IAsyncDisposable
{
    public static readonly IReadOnlyList<(string Program, string File)> Programs =
    [
        ("glance-api", "glance-api.conf"), ("placement-api", "placement.conf"), ("nova-api", "nova.conf"), ("nova-scheduler", "nova.conf"),
        ("nova-conductor", "nova.conf"), ("nova-compute", "nova.conf"), ("neutron-server", "neutron.conf"),
    ];

    private static readonly (string Service, string File, string[] Sync)[] Databases =
    [
        ("glance", "glance-api.conf", ["glance-manage", "db_sync"]), ("placement", "placement.conf", ["placement-manage", "db", "sync"]),
        ("nova", "nova.conf", ["nova-manage", "db", "sync"]), ("neutron", "neutron.conf", ["neutron-db-manage", "upgrade", "heads"]),
    ];

    private readonly Dictionary<string, (Process Process, global::System.Text.StringBuilder Output)> running = [];

    public async Task WriteFilesAsync(string transportUrl, Func<Task<string>> createDatabase)
    {
        Directory.CreateDirectory(FileOf(""));
        foreach (var (_, file, _) in Databases)
        {
            var database = await createDatabase();
            var lines = await File.ReadAllLinesAsync(Path.Combine(stateDirectory, "etc", "RegionOne", file));
            await File.WriteAllLinesAsync(FileOf(file), lines.Select(line => Rewrite(line, transportUrl, database)));
        }
    }

    public async Task SyncDatabasesAsync()
    {
        foreach (var (_, file, sync) in Databases)
        {
            var (rc, output) = await CommandLine.RunAsync(sync[0], ["--config-file", FileOf(file), .. sync[1..]]);
            Assert.True(rc == 0, $"{string.Join(' ', sync)}: {output}");
        }
    }

    public void StartAll()
    {
        foreach (var (program, _) in Programs)
        {
            Start(program);
        }
    }

    public void Start(string program)
    {
        var process = CommandLine.Start(program, "--config-file", FileOf(Programs.Single(p => p.Program == program).File));
        var output = new global::System.Text.StringBuilder();
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        running[program] = (process, output);

        void Note(string? line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }

    public async Task KillAsync(string program)
    {
        running[program].Process.Kill();
        await running[program].Process.WaitForExitAsync();
        running[program].Process.Dispose();
        running.Remove(program);
    }

    /// <summary>What the programs printed and logged, for a test's message.</summary>
    public string Describe() => string.Join('\n', running.Select(r => $"{r.Key}: {(r.Value.Process.HasExited ? $"ended with {r.Value.Process.ExitCode}" : "runs")} {r.Value.Output}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, _) in running.Values)
        {
            if (!process.HasExited)
            {
                using var term = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
                await term.WaitForExitAsync();
            }
        }

        foreach (var (process, _) in running.Values)
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            process.Dispose();
        }
    }

    private string FileOf(string name) => Path.Combine(stateDirectory, "etc", "RegionTwo", name);

    private string Rewrite(string line, string transportUrl, string database)
    {
        var key = line.Split('=')[0].Trim();
        return key switch
        {
            "auth_url" or "www_authenticate_uri" => line,
            "transport_url" => $"transport_url = {transportUrl}",
            "connection" => $"connection = {database}",
            _ => line.Replace(addressOne, address, StringComparison.Ordinal).Replace("RegionOne", "RegionTwo", StringComparison.Ordinal)
                .Replace("regionone", "regiontwo", StringComparison.Ordinal),
        };
    }
}
