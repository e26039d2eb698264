// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace Meridian.System.Tests;

public sealed class CompatibilityDocumentTests
{
    [Fact]
    public async Task The_document_lists_the_routes_that_are_mapped()
    {
        using var process = Process.Start(new ProcessStartInfo(SimulatedCloud.Program, ["routes"]) { RedirectStandardOutput = true })!;
        var routes = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var document = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "compatibility.md"), TestContext.Current.CancellationToken);

        Assert.Equal(0, process.ExitCode);
        Assert.True(document.TrimEnd().EndsWith(routes.TrimEnd(), StringComparison.Ordinal), "docs/compatibility.md is not of these routes: run scripts/compatibility");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Meridian.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run below the repository");
        }

        return folder.FullName;
    }
}
