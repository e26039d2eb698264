// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Text;

using Meridian.Testing;

namespace Meridian.System.Tests.BadInput;

/// <summary>Who may not, on every mapped route: without a token, with one that is none, with too few roles, with another project's.</summary>
[Collection(nameof(BadInputCloud))]
public sealed class PersonaTests(BadInputCloud cloud)
{
    // Keystone's routes that anybody may ask: versions, log-in, and changing one's own password, which the old one proves.
    private static readonly HashSet<string> Open = ["/", "/v3", "/v3/auth/tokens POST", "/v3/users/{id}/password POST", "/v3/OS-FEDERATION/domains"];

    // A keypair is its user's, not its project's: anybody has his own.
    private const string OwnKeypair = "nova-api POST /v2.1/os-keypairs";

    // What is no project's: the cloud's own kinds, of which others learn that they may not (403), and lists of what any user may read.
    private static readonly string[] Shared =
    [
        "placement-api ", "nova-api GET /v2.1/extensions/", "nova-api GET /v2.1/os-quota-sets/{id}/defaults", "neutron-server GET /v2.0/extensions/",
    ];

    private static readonly string[] Administrators =
    [
        "/v2.1/flavors/", "/v2.1/os-aggregates/", "/v2.1/os-hypervisors/", "/v2.1/os-quota-", "/v2.1/os-services/",
        "/v2.0/agents/", "/v2.0/network-ip-availabilities/", "/v2.0/quotas/",
    ];

    private static ParallelOptions Options => new() { MaxDegreeOfParallelism = 6, CancellationToken = TestContext.Current.CancellationToken };

    private IEnumerable<ApiRoute> Guarded => cloud.Routes.Where(route => route.NeedsToken && !Open.Contains(route.Path) && !Open.Contains($"{route.Path} {route.Method}"));

    public static TheoryData<string> Tokens => ["none", "", "garbage", "null", "truncated", "flipped", "foreign", new string('x', 10_000), "gAAAAAB"];

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task Ossa_2012_015_what_is_no_token_of_this_cloud_is_401(string kind)
    {
        var token = kind switch
        {
            "none" => null,
            "truncated" => cloud.Admin[..^10],
            "flipped" => cloud.Admin[..40] + (cloud.Admin[40] == 'A' ? 'B' : 'A') + cloud.Admin[41..],
            "foreign" => await ForeignTokenAsync(),
            _ => kind,
        };
        var wrong = new global::System.Collections.Concurrent.ConcurrentBag<string>();

        await Parallel.ForEachAsync(Guarded, Options, async (route, _) =>
        {
            var (status, text, answer) = await SendAsync(route, token);
            using (answer)
            {
                if (status != HttpStatusCode.Unauthorized || FaultShape.Check(route.Program, route.Method, 401, answer.Content.Headers.ContentType?.ToString(), text) is not null)
                {
                    wrong.Add($"{route}: {(int)status} {text}");
                }
            }
        });

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("X-Roles")]
    [InlineData("x_ROLES")]
    [InlineData("X-Is-Admin-Project")]
    [InlineData("OpenStack-System-Scope")]
    public async Task Ossa_2014_011_2026_001_a_reader_changes_nothing_whatever_he_says_he_is(string forged)
    {
        (string, string)[] headers = forged.Length == 0 ? [] : [(forged, "admin"), ("X-User-Id", cloud["admin"]), ("X-Project-Id", cloud["project"])];
        var wrong = new List<string>();

        foreach (var route in cloud.Handlers.Where(route => !route.IsRead && route.NeedsToken && !Open.Contains($"{route.Path} {route.Method}")))
        {
            var (status, text, answer) = await SendAsync(route, cloud.Reader, headers);
            answer.Dispose();
            if (status is not (HttpStatusCode.Forbidden or HttpStatusCode.NotFound) && route.ToString() != OwnKeypair)
            {
                wrong.Add($"{route}: {(int)status} {text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task S13_what_another_project_owns_is_404_by_every_verb()
    {
        var wrong = new List<string>();

        var owned = cloud.Handlers.Where(route => route.NeedsToken && route.Program != "keystone" && route.Path.Contains('{', StringComparison.Ordinal))
            .Where(route => !Shared.Any(shared => route.ToString().StartsWith(shared, StringComparison.Ordinal)));
        foreach (var route in owned)
        {
            var (status, text, answer) = await SendAsync(route, cloud.Stranger);
            answer.Dispose();
            var hidden = status == HttpStatusCode.NotFound || (status == HttpStatusCode.Forbidden && Administrators.Any(path => route.Path.StartsWith(path, StringComparison.Ordinal)));
            if (!hidden)
            {
                wrong.Add($"{route}: {(int)status} {text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Answer)> SendAsync(ApiRoute route, string? token, params (string Name, string Value)[] headers)
    {
        var body = route.IsRead ? null : route.Path.EndsWith("/file", StringComparison.Ordinal) ? "data" : cloud.BodiesOf(route).FirstOrDefault();
        return await cloud.SendAsync(
            route.Port, route.Method, cloud.PathOf(route), token, body is null ? null : Encoding.UTF8.GetBytes(body), BadInputCloud.MediaType(route), [.. BadInputCloud.Latest(route.Port), .. headers]);
    }

    /// <summary>S1: a good token, of another cloud.</summary>
    private static async Task<string> ForeignTokenAsync()
    {
        await using var elsewhere = await KeystoneFixture.StartAsync();
        return await elsewhere.AdminTokenAsync();
    }
}
