// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Meridian.Bench.Identity;

/// <summary>wrk, on the same machine: one thread, as many connections as Keystone had clients when it was measured.</summary>
internal static partial class Wrk
{
    private const int Connections = 16;

    /// <param name="headers">Name and value.</param>
    /// <param name="body">POSTed as JSON when there is one; GET otherwise.</param>
    /// <param name="status">Every answer must have it.</param>
    public static async Task<(double Rate, double P99)> RunAsync(string url, TimeSpan time, IReadOnlyDictionary<string, string> headers, string? body = null, int status = 200)
    {
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, Script(body, status));
            var start = new ProcessStartInfo(
                "wrk", ["-t1", $"-c{Connections}", $"-d{time.TotalSeconds:0}s", "--latency", "-s", script, .. headers.SelectMany(h => (string[])["-H", $"{h.Key}: {h.Value}"]), url])
            {
                RedirectStandardOutput = true, UseShellExecute = false,
            };
            using var wrk = Process.Start(start)!;
            var output = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            return output.Contains("WRONG 0\n", StringComparison.Ordinal) && !output.Contains("Socket errors", StringComparison.Ordinal)
                ? (double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture), Milliseconds(P99().Match(output)))
                : throw new InvalidOperationException($"wrk got other answers than {status} from {url}:\n{output}");
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static string Script(string? body, int status) => $$"""
        {{(body is null ? "" : $"wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = [==[{body}]==]")}}
        local threads = {}
        function setup(thread) table.insert(threads, thread) end
        function init() wrong = 0 end
        function response(status) if status ~= {{status}} then wrong = wrong + 1 end end
        function done() local n = 0; for _, t in ipairs(threads) do n = n + t:get("wrong") end; print("WRONG " .. n) end

        """;

    private static double Milliseconds(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * match.Groups[2].Value switch
    {
        "us" => 0.001,
        "ms" => 1,
        _ => 1000,
    };

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex P99();
}
