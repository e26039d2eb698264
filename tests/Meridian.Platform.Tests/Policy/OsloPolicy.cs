// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Meridian.Platform.Tests.Policy;

/// <summary>oslo.policy itself (Debian's python3-oslo.policy), in one process that is asked line by line.</summary>
internal sealed class OsloPolicy : IDisposable
{
    private readonly Process process;

    private OsloPolicy(Process process) => this.process = process;

    /// <summary>Skips the test where it is not installed.</summary>
    public static OsloPolicy Start()
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/oslo_policy"), "python3-oslo.policy is not installed");
        return new(Process.Start(new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Policy", "oslo-policy.py")])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
        })!);
    }

    /// <returns>True, False, or error.</returns>
    public string Judge(JsonObject question)
    {
        process.StandardInput.WriteLine(question.ToJsonString(JsonSerializerOptions.Default));
        process.StandardInput.Flush();
        return process.StandardOutput.ReadLine() switch
        {
            "true" => "True",
            "false" => "False",
            "\"error\"" => "error",
            var other => throw new InvalidOperationException($"oslo.policy answered {other ?? "nothing"} to {question}"),
        };
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
