// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;

namespace Meridian.System.Tests.Client;

/// <summary>
/// What real OpenStack (Zed) answered to the commands of python3-openstackclient, asked of both regions: equal after masking ids and times.
/// What differs on purpose is edited in the transcripts, with a comment, and stands in docs/compatibility.md.
/// The regions are asked at the same time: each class below has a cloud of its own.
/// </summary>
[Trait("needs", "openstackclient")]
public abstract class TranscriptTests(SimulatedCloud cloud, string region, string otherRegion) : IClassFixture<SimulatedCloud>
{
    private static readonly string[] Order =
    [
        "00-setup", "identity.user", "identity.group", "identity.project", "identity.role", "identity.domain", "identity.catalog", "identity.token",
        "identity.appcred",
        "image", "flavor", "keypair", "network", "router", "secgroup",
    ];

    [Fact]
    public async Task The_client_prints_what_it_prints_against_OpenStack()
    {
        using var files = new Meridian.Testing.TemporaryFolder();
        await using var client = OpenStackClient.Start();
        var run = Guid.NewGuid().ToString("N")[..8];
        var masks = new Masks(run);
        masks.Known["R1"] = region;
        masks.Known["R2"] = otherRegion;
        WriteFiles(files, masks);
        var admin = OpenStackClient.ReadOpenrc(cloud.AdminOpenrc(region));
        await LearnAdminAsync(client, admin, masks);

        var faults = new List<string>();
        foreach (var name in Order)
        {
            foreach (var step in Transcript.Read(Path.Combine(AppContext.BaseDirectory, "Transcripts", name + ".txt")))
            {
                var command = masks.Fill(step.Command, files.Path, region, otherRegion);
                var words = OpenStackClient.Split(step.IsSetUp ? command : command["openstack ".Length..]);
                if (step.Capture is not null)
                {
                    words.AddRange(["-f", "value", "-c", "id"]);
                }

                var result = await client.RunAsync(words, Environment(admin, step.As, masks, run));
                if (step.IsSetUp)
                {
                    if (result.Rc != 0)
                    {
                        faults.Add($"{name}: set-up {result.Command}: {result.Err}");
                    }
                    else if (step.Capture is { } capture)
                    {
                        masks.Known[capture] = result.Text;
                    }

                    continue;
                }

                if (Difference(step, result, masks) is { } fault)
                {
                    faults.Add($"{name}: {result.Command}{(step.As.Length > 0 ? "   # as " + step.As : "")}\n    {fault}");
                }
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} differences in {region}:\n" + string.Join('\n', faults));
    }

    private static string? Difference(TranscriptStep step, ClientResult result, Masks masks)
    {
        if (result.Rc != step.ExpectedRc)
        {
            return $"expected exit {step.ExpectedRc}, got {result.Rc}: {result.Err}{result.Out}";
        }

        if (step.ExpectedError is { } error && masks.Compare(error, result.Err.Split('\n')[0]) is { } wrong)
        {
            return wrong;
        }

        var printed = step.Command.Contains("-f json", StringComparison.Ordinal) ? result.Out : TextTable.ToJson(result.Out);
        return step.ExpectedError is not null || step.Expected.Trim().Length == 0 ? null : masks.Compare(step.Expected, printed);
    }

    private static Dictionary<string, string> Environment(Dictionary<string, string> admin, string who, Masks masks, string run)
    {
        var environment = new Dictionary<string, string>(admin, StringComparer.Ordinal);
        if (who.Length == 0)
        {
            return environment;
        }

        if (who == "an invalid token")
        {
            foreach (var name in new[] { "OS_USERNAME", "OS_PASSWORD", "OS_USER_DOMAIN_NAME", "OS_USER_DOMAIN_ID" })
            {
                environment.Remove(name);
            }

            environment["OS_AUTH_TYPE"] = "token";
            environment["OS_TOKEN"] = "gAAAAABnotatoken";
            return environment;
        }

        if (who == "the application credential")
        {
            foreach (var name in environment.Keys.Where(k => k.StartsWith("OS_USER", StringComparison.Ordinal) || k.StartsWith("OS_PROJECT", StringComparison.Ordinal)).Append("OS_PASSWORD").ToList())
            {
                environment.Remove(name);
            }

            environment["OS_AUTH_TYPE"] = "v3applicationcredential";
            environment["OS_APPLICATION_CREDENTIAL_ID"] = masks.Known["app5"];
            environment["OS_APPLICATION_CREDENTIAL_SECRET"] = $"Gapp-{run}-secret";
            return environment;
        }

        var other = who.Contains("another project", StringComparison.Ordinal);
        environment["OS_USERNAME"] = other ? $"gu2-{run}" : $"gu-{run}";
        environment["OS_PASSWORD"] = who.Contains("wrong password", StringComparison.Ordinal) ? "wrong" : other ? $"Gold2-{run}-pw" : $"Gold-{run}-pw";
        environment["OS_PROJECT_NAME"] = other || who.Contains("without a role", StringComparison.Ordinal) ? $"gp2-{run}" : $"gp-{run}";
        return environment;
    }

    private static async Task LearnAdminAsync(OpenStackClient client, Dictionary<string, string> admin, Masks masks)
    {
        var token = (await client.RunAsync("token issue -f json", admin)).Succeeded().Json;
        masks.Known["admin_project"] = token.GetProperty("project_id").GetString()!;
        masks.Known["admin_user"] = token.GetProperty("user_id").GetString()!;
    }

    private static void WriteFiles(Meridian.Testing.TemporaryFolder files, Masks masks)
    {
        var image = new byte[1 << 20];
        new Random(7).NextBytes(image);
        File.WriteAllBytes(files.File("img.raw"), image);
        masks.Known["md5 of img.raw"] = Convert.ToHexStringLower(MD5.HashData(image));
        masks.Known["sha512 of img.raw"] = Convert.ToHexStringLower(SHA512.HashData(image));
        File.WriteAllText(files.File("key.pub"), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC+1krLYsAB77ARVsS806WJzp/7aVlzPMuzgBNz2EYDy golden");
        File.WriteAllText(files.File("bad.pub"), "not a key");
    }
}

public sealed class RegionOneTranscriptTests(SimulatedCloud cloud) : TranscriptTests(cloud, "RegionOne", "RegionTwo");

public sealed class RegionTwoTranscriptTests(SimulatedCloud cloud) : TranscriptTests(cloud, "RegionTwo", "RegionOne");
