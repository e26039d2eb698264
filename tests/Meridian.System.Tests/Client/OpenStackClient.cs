// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;

namespace Meridian.System.Tests.Client;

/// <summary>What a command of the client printed, and how it ended.</summary>
public sealed record ClientResult(string Command, int Rc, string Out, string Err)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public string Text => Out.Trim();

    public ClientResult Succeeded()
    {
        Assert.True(Rc == 0, $"{Command}\nended with {Rc}\n{Err}\n{Out}");
        return this;
    }
}

/// <summary>Debian's python3-openstackclient, run as a user runs it, with the environment of an openrc file.</summary>
public sealed class OpenStackClient : IAsyncDisposable
{
    private readonly Process process;
    private readonly SemaphoreSlim one = new(1, 1);

    private OpenStackClient(Process process) => this.process = process;

    /// <summary>Variables of the openrc file that is sourced.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <param name="prefix">A command to run it with, such as ip netns exec NAME.</param>
    public static OpenStackClient Start(params string[] prefix)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Client", "openstack-client.py");
        string[] command = [.. prefix, "/usr/bin/python3", "-W", "ignore", script];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["PYTHONWARNINGS"] = "ignore";
        // openstacksdk joins the lines of an HTML error in the order of a set: one order, that of the recordings.
        start.Environment["PYTHONHASHSEED"] = "0";
        return new(Process.Start(start) ?? throw new InvalidOperationException("python3 did not start"));
    }

    /// <summary>Reads the OS_* variables of an openrc file.</summary>
    public static Dictionary<string, string> ReadOpenrc(string path) =>
        File.ReadLines(path).Where(line => line.StartsWith("export OS_", StringComparison.Ordinal))
            .Select(line => line["export ".Length..].Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('\'', '"'));

    /// <summary>Runs <c>openstack ARGUMENTS</c>; blanks divide, quotes protect.</summary>
    public Task<ClientResult> RunAsync(string arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        RunAsync(Split(arguments), environment);

    public async Task<ClientResult> RunAsync(IReadOnlyList<string> argv, IReadOnlyDictionary<string, string>? environment = null)
    {
        await one.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            var request = JsonSerializer.Serialize(new { argv, env = environment ?? Environment });
            await process.StandardInput.WriteLineAsync(request);
            await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("the client ended");
            using var answer = JsonDocument.Parse(line);
            var root = answer.RootElement;
            return new("openstack " + string.Join(' ', argv), root.GetProperty("rc").GetInt32(), root.GetProperty("out").GetString()!, root.GetProperty("err").GetString()!);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Runs a command that must succeed and gives its JSON.</summary>
    public async Task<JsonElement> JsonAsync(string arguments) => (await RunAsync(arguments + " -f json")).Succeeded().Json;

    /// <summary>Words of a command line; single or double quotes protect blanks, a backslash the next character.</summary>
    public static List<string> Split(string line)
    {
        var words = new List<string>();
        var word = new global::System.Text.StringBuilder();
        var (quote, started) = ('\0', false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote == '\0' && c == ' ')
            {
                if (started)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    started = false;
                }

                continue;
            }

            started = true;
            if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (c == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else
            {
                word.Append(c);
            }
        }

        if (started)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
        one.Dispose();
    }
}
