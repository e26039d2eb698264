// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace Meridian.System.Tests.BadInput;

/// <summary>A mapped route, as <c>meridian routes</c> prints it (and as docs/compatibility.md is compared with).</summary>
/// <param name="Path">With its parameters: /v2.1/servers/{id}.</param>
internal sealed record ApiRoute(string Program, string Method, string Path, bool NeedsToken)
{
    /// <summary>True for nova's paths that repeat the project, which lead to the same handlers.</summary>
    public bool IsRepeated => Program == "nova-api" && (Path.Contains("{project_id}", StringComparison.Ordinal) || Path.StartsWith("/v2/", StringComparison.Ordinal));

    public bool IsRead => Method is "GET" or "HEAD";

    public bool IsMicroversioned => Program is "placement-api" && Path != "/" || Program is "nova-api" && Path.StartsWith("/v2.1/", StringComparison.Ordinal);

    public int Port => Program switch
    {
        "keystone" => 5000,
        "glance-api" => 9292,
        "placement-api" => 8778,
        "nova-api" => 8774,
        "nova-metadata" => 8775,
        "neutron-server" => 9696,
        _ => throw new InvalidOperationException($"{Program}: where does it listen?"),
    };

    public override string ToString() => $"{Program} {Method} {Path}";

    public static async Task<IReadOnlyList<ApiRoute>> ReadAsync()
    {
        using var process = Process.Start(new ProcessStartInfo(SimulatedCloud.Program, ["routes"]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var routes = new List<ApiRoute>();
        var program = "";
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                program = line[3..].Trim();
            }
            else if (line.Split('|', StringSplitOptions.TrimEntries) is [_, var method, ['`', .. var path, '`'], _, var token, _])
            {
                routes.Add(new(program, method, path, token == "yes"));
            }
        }

        return routes;
    }
}
