// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Text;

namespace Meridian.System.Tests.BadInput;

/// <summary>What is wrong about a request but its members: media type, version, verb, path, size.</summary>
[Collection(nameof(BadInputCloud))]
public sealed class ProtocolTests(BadInputCloud cloud)
{
    // Their last words are also a parameter's value on another route.
    private static readonly string[] Ambiguous = ["/detail", "/quotas/project", "/quotas/tenant", "/extensions/{alias}", "/limits/model"];

    private readonly ConcurrentBag<string> wrong = [];

    private static ParallelOptions Options => new() { MaxDegreeOfParallelism = 6, CancellationToken = TestContext.Current.CancellationToken };

    [Theory]
    [InlineData("application/xml")]
    [InlineData("text/xml; charset=utf-8")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Ossa_2013_004_another_media_type_is_415(string type)
    {
        var requests = cloud.Handlers.Where(route => !route.IsRead && !route.Path.StartsWith("/v2.0/agents", StringComparison.Ordinal) && cloud.BodiesOf(route).Any());

        await Parallel.ForEachAsync(requests, Options, async (route, _) =>
            await ExpectAsync(route, cloud.PathOf(route), route.Method, Encoding.UTF8.GetBytes("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), type, [415]));

        AssertNone();
    }

    [Theory]
    [InlineData("x", 400)]
    [InlineData("2", 400)]
    [InlineData("2.1.1", 400)]
    [InlineData("2.-1", 400)]
    [InlineData("-2.1", 400)]
    [InlineData("2.1e1", 400)]
    [InlineData("02.1", 400)]
    [InlineData("99999999999999999999.1", 400, 406)]
    [InlineData("2.99999999999999999999", 400, 406)]
    [InlineData("9.999", 406)]
    [InlineData("0.1", 400, 406)]
    [InlineData("1.999", 406)]
    public async Task Bad_microversions_are_refused(string version, params int[] expected)
    {
        await Parallel.ForEachAsync(cloud.Handlers.Where(route => route.IsMicroversioned), Options, async (route, _) =>
            await ExpectAsync(route, cloud.PathOf(route), route.Method, null, null, expected, version));

        AssertNone();
    }

    [Fact]
    public async Task Verbs_that_a_path_does_not_have_are_404_or_405_as_the_service_answers()
    {
        var paths =
            from route in cloud.Handlers.Where(route => route.Program != "nova-metadata" && !Ambiguous.Any(route.Path.EndsWith))
            group route by (route.Program, route.Path) into path
            from method in new[] { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW" }
            where path.All(route => route.Method != method)
            select (route: path.First(), method);

        await Parallel.ForEachAsync(paths, Options, async (p, _) => await ExpectAsync(
            p.route, cloud.PathOf(p.route), p.method, null, null, p.route.Program == "nova-api" ? [404] : [405]));

        AssertNone();
    }

    [Fact]
    public async Task Ossa_2021_006_unknown_paths_are_404()
    {
        var requests =
            from route in cloud.Handlers.Where(route => route.Program != "nova-metadata").DistinctBy(route => route.Program)
            from path in new[] { "/bogus", "/v2.1/bogus/x", "/v2/bogus", "/v3/bogus", "/v2.0/bogus", "//", "/v3//users", "/%2e%2e/%2e%2e/etc/passwd", "/" + new string('x', 7000), "/a?b=c&d", "/.git/config", "/v9.9/servers" }
            select (route, path);

        await Parallel.ForEachAsync(requests, Options, async (r, _) => await ExpectAsync(r.route, r.path, "GET", null, null, [404]));

        AssertNone();
    }

    [Fact]
    public async Task S11_a_body_that_is_too_large_is_413()
    {
        var large = new byte[(115 * 1024) + 1];
        large.AsSpan().Fill((byte)' ');
        var requests = cloud.Handlers.Where(route => !route.IsRead && !route.Path.StartsWith("/v2.0/agents", StringComparison.Ordinal) && cloud.BodiesOf(route).Any());

        await Parallel.ForEachAsync(requests, Options, async (route, _) => await ExpectAsync(route, cloud.PathOf(route), route.Method, large, BadInputCloud.MediaType(route), [413]));

        AssertNone();
    }

    private async Task ExpectAsync(ApiRoute route, string path, string method, byte[]? body, string? type, int[] expected, string? version = null)
    {
        var headers = version is null ? BadInputCloud.Latest(route.Port) : [("OpenStack-API-Version", (route.Port == 8778 ? "placement " : "compute ") + version)];
        var (status, text, answer) = await cloud.SendAsync(route.Port, method, path, cloud.Admin, body, type, headers);
        using (answer)
        {
            if (!expected.Contains((int)status))
            {
                wrong.Add($"{route.Program} {method} {path}: {(int)status} {text}");
            }
            else if (FaultShape.Check(route.Program, method, (int)status, answer.Content.Headers.ContentType?.ToString(), text) is { } fault)
            {
                wrong.Add($"{route.Program} {method} {path}: {fault}: {(int)status} {text}");
            }
        }
    }

    private void AssertNone() => Assert.True(wrong.IsEmpty, $"{wrong.Count}:\n{string.Join('\n', wrong.Order().Take(60))}");
}
