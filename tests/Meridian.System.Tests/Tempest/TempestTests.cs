// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.RegularExpressions;

using Meridian.Platform.Processes;
using Meridian.Testing;

namespace Meridian.System.Tests.Tempest;

/// <summary>Debian's Tempest, all that it has about identity, against a Keystone in this process. What it leaves out stands in tests/tempest/skips.txt.</summary>
[Trait("needs", "engines")]
public sealed partial class TempestTests
{
    // What the tests of password history and lockout want; one of them waits for the end of the lockout.
    private const string Compliance = """
        [security_compliance]
        lockout_failure_attempts = 2
        lockout_duration = 4
        unique_last_password_count = 2
        """;

    [Fact]
    public async Task Tempest_passes_its_identity_tests()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/tempest"), "tempest is not installed");
        await using var keystone = await KeystoneFixture.StartAsync(Compliance);
        using var state = new TemporaryFolder();
        await DescribeAsync(keystone, state);

        var result = await ProcessRunner.RunAsync(
            "/bin/bash", [Path.Combine(AppContext.BaseDirectory, "Tempest", "run"), state.Path, "--regex", @"^tempest\.api\.identity\.", "--concurrency", "2"],
            new() { Timeout = TimeSpan.FromMinutes(8), SuccessCodes = [0, 1] }, TestContext.Current.CancellationToken);

        // A regular expression that selects little would pass as well.
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.InRange(int.Parse(Passed().Match(result.Output).Groups["passed"].Value, CultureInfo.InvariantCulture), 130, 1000);
    }

    /// <summary>What tests/tempest/configure.py reads of a cloud's state directory.</summary>
    private static async Task DescribeAsync(KeystoneFixture keystone, TemporaryFolder state)
    {
        var folder = Directory.CreateDirectory(state.File($"etc/{KeystoneFixture.RegionOne}"));
        File.Copy(keystone.ConfigFile, Path.Combine(folder.FullName, "keystone.conf"));
        await File.WriteAllTextAsync(state.File("clouds.yaml"), $"""
            clouds:
              meridian-one-admin:
                region_name: {KeystoneFixture.RegionOne}
                auth:
                  auth_url: {keystone.AuthUrl}
                  username: admin
                  password: {KeystoneFixture.AdminPassword}
                  project_name: admin
                  user_domain_name: Default
                  project_domain_name: Default
            """);
    }

    [GeneratedRegex(@"^tempest: (?<passed>\d+) passed", RegexOptions.Multiline)]
    private static partial Regex Passed();
}
