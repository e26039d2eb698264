// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

using Meridian.Testing;

namespace Meridian.System.Tests.Client;

/// <summary>
/// Every identity command of Debian's python3-openstackclient, with its usual options, against a Keystone in this process. Commands/*.txt hold the commands
/// and, of each answer, what must be in it.
/// </summary>
[Trait("needs", "openstackclient")]
public sealed partial class IdentityCommandsTests(IdentityCommandsTests.Cloud cloud) : IClassFixture<IdentityCommandsTests.Cloud>
{
    private const string Packages = "/usr/lib/python3/dist-packages";

    /// <summary>Federation and OAuth, which Meridian does not have.</summary>
    private static readonly string[] NotBuilt = ["access token", "consumer", "federation", "identity provider", "mapping", "request token", "service provider"];

    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Client", "Commands");

    [Theory]
    [InlineData("catalog")]
    [InlineData("people")]
    [InlineData("delegation")]
    [InlineData("limits")]
    public async Task The_commands_print_what_they_should(string subject)
    {
        using var files = new TemporaryFolder();
        await using var client = OpenStackClient.Start();
        var run = Guid.NewGuid().ToString("N")[..8];
        var masks = new Masks(run, partial: true);
        WriteFiles(files);

        var faults = new List<string>();
        foreach (var step in Transcript.Read(Path.Combine(Folder, subject + ".txt")))
        {
            var words = OpenStackClient.Split(Fill(step.Command));
            words.RemoveRange(0, step.IsSetUp ? 0 : 1);
            string[] form = step.Capture is not null ? ["-f", "value", "-c", "id"] : step.Expected is ['{' or '[', ..] ? ["-f", "json"] : [];
            var who = Fill(step.As);
            var result = await client.RunAsync([.. words, .. form], cloud.Environment(who));
            if (step.Capture is { } capture)
            {
                masks.Known[capture] = result.Succeeded().Text;
            }
            else if (Difference(step, result, masks) is { } fault)
            {
                faults.Add($"{result.Command}{(who.Length > 0 ? "   # as " + who : "")}\n    {fault}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} differences:\n" + string.Join('\n', faults));

        string Fill(string text) => masks.Fill(text, files.Path, KeystoneFixture.RegionOne, "");
    }

    [Fact]
    public void Every_command_is_among_them()
    {
        var entries = File.ReadAllLines(Path.Combine(Directory.GetDirectories(Packages, "python_openstackclient-*").Single(), "entry_points.txt"));
        var commands = entries.SkipWhile(line => line != "[openstack.identity.v3]").Skip(1).TakeWhile(line => line.Contains('=', StringComparison.Ordinal))
            .Select(line => line.Split('=')[0].Trim().Replace('_', ' ')).Where(command => !NotBuilt.Any(name => command.StartsWith(name + " ", StringComparison.Ordinal))).ToList();
        var run = Directory.GetFiles(Folder).SelectMany(Transcript.Read).Select(step => CommandWord().Replace(step.Command, "") + " ").ToList();

        Assert.InRange(commands.Count, 90, 200);
        var left = commands.Where(command => !run.Any(line => line.StartsWith(command + " ", StringComparison.Ordinal))).ToList();
        Assert.True(left.Count == 0, "not run: " + string.Join(", ", left));
    }

    private static string? Difference(TranscriptStep step, ClientResult result, Masks masks) =>
        result.Rc != step.ExpectedRc ? $"expected exit {step.ExpectedRc}, got {result.Rc}: {result.Err}{result.Out}"
        : step.ExpectedError is { } error ? masks.Compare(error, result.Err.Split('\n')[0])
        : step.Expected.Length > 0 ? masks.Compare(step.Expected, result.Out)
        : null;

    private static void WriteFiles(TemporaryFolder files)
    {
        File.WriteAllText(files.File("filters.json"), """{"interface": "public"}""");
        File.WriteAllText(files.File("other-filters.json"), """{"interface": "internal"}""");
        File.WriteAllText(files.File("access-rules.json"), """[{"service": "image", "method": "GET", "path": "/v2/images"}]""");
        File.WriteAllText(files.File("policy.json"), """{"cats": "role:member"}""");
        File.WriteAllText(files.File("other-policy.json"), """{"cats": "role:admin"}""");
    }

    [GeneratedRegex("^openstack ")]
    private static partial Regex CommandWord();

    public sealed partial class Cloud : IAsyncLifetime
    {
        private KeystoneFixture keystone = null!;

        public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync();

        public ValueTask DisposeAsync() => keystone.DisposeAsync();

        /// <param name="who">USER of PROJECT [in DOMAIN], whose password is Secret- and what the user's name ends in; the administrator when empty.</param>
        public Dictionary<string, string> Environment(string who)
        {
            var match = Somebody().Match(who);
            var user = match.Success ? match.Groups["user"].Value : "admin";
            var domain = match.Groups["domain"] is { Success: true } named ? named.Value : "Default";
            return new(StringComparer.Ordinal)
            {
                ["OS_AUTH_URL"] = keystone.AuthUrl,
                ["OS_IDENTITY_API_VERSION"] = "3",
                ["OS_USERNAME"] = user,
                ["OS_PASSWORD"] = match.Success ? "Secret-" + user[(user.LastIndexOf('-') + 1)..] : KeystoneFixture.AdminPassword,
                ["OS_PROJECT_NAME"] = match.Success ? match.Groups["project"].Value : "admin",
                ["OS_USER_DOMAIN_NAME"] = domain,
                ["OS_PROJECT_DOMAIN_NAME"] = domain,
                ["OS_REGION_NAME"] = KeystoneFixture.RegionOne,
            };
        }

        [GeneratedRegex("^(?<user>.+?) of (?<project>.+?)( in (?<domain>.+))?$")]
        private static partial Regex Somebody();
    }
}
