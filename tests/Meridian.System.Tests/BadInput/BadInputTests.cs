// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Text;

namespace Meridian.System.Tests.BadInput;

/// <summary>
/// Bad input to every mapped route of every service over HTTP: never a 500, never a hang, always an error of that API's own shape.
/// A new route is among them by itself; its body, to be spoiled member by member, goes to bodies.txt.
/// </summary>
[Collection(nameof(BadInputCloud))]
public sealed class BadInputTests(BadInputCloud cloud)
{
    private readonly ConcurrentDictionary<string, (string Line, int Count)> faults = new();
    private int sent;

    [Fact]
    public void The_bodies_are_what_the_routes_take() =>
        Assert.True(cloud.RefusedBodies is [var agents] && agents.Contains("PUT /v2.0/agents", StringComparison.Ordinal), string.Join('\n', cloud.RefusedBodies));

    [Fact]
    public async Task Bodies_that_are_no_json_object_are_refused()
    {
        var requests =
            from route in cloud.Handlers.Where(route => !route.IsRead && route.Method != "DELETE" && !route.Path.EndsWith("/file", StringComparison.Ordinal))
            from body in BadValues.Bodies
            select (route, body);

        await Parallel.ForEachAsync(requests, Options, async (r, _) => await TryAsync(r.route, cloud.PathOf(r.route), r.body));

        AssertNone();
    }

    [Fact]
    public async Task Each_member_of_each_body_spoiled_is_never_a_500()
    {
        var requests = cloud.Handlers.SelectMany(route => cloud.BodiesOf(route).Select(body => (route, body))).ToList();

        await Parallel.ForEachAsync(requests, Options, async (r, _) =>
        {
            foreach (var body in BadValues.Spoil(r.body))
            {
                await TryAsync(r.route, cloud.PathOf(r.route), Encoding.UTF8.GetBytes(body));
            }
        });

        // What was let in must not break those who read it.
        await Parallel.ForEachAsync(cloud.Handlers.Where(route => route.IsRead), Options, async (route, _) => await TryAsync(route, cloud.PathOf(route), null));
        AssertNone();
    }

    [Fact]
    public async Task Bad_ids_in_paths_are_never_a_500()
    {
        var requests =
            from route in cloud.Routes.Where(route => route.Method != "HEAD" && (!route.IsRepeated || route.Path.Contains("{project_id}/servers", StringComparison.Ordinal)))
            from parameter in Enumerable.Range(0, BadInputCloud.ParametersOf(route))
            from value in BadValues.PathParts
            where route.IsRead || value != "%2e%2e" // What the path then says is another, good one.
            select (route, path: cloud.PathOf(route, parameter, value));

        await Parallel.ForEachAsync(requests, Options, async (r, _) =>
            await TryAsync(r.route, r.path, r.route.Method is "POST" or "PUT" or "PATCH" && cloud.BodiesOf(r.route).FirstOrDefault() is { } body ? Encoding.UTF8.GetBytes(body) : null));

        AssertNone();
    }

    [Fact]
    public async Task Bad_queries_are_never_a_500()
    {
        var requests =
            from route in cloud.Handlers.Where(route => route.Method == "GET" && route.Path[^1] != '}')
            from query in BadValues.Queries.Where((_, index) => index < BadValues.CommonQueries || route.Program != "keystone" || route.Path.Count(c => c == '/') < 4)
            select (route, query);

        await Parallel.ForEachAsync(requests, Options, async (r, _) => await TryAsync(r.route, $"{cloud.PathOf(r.route)}?{r.query}", null));

        AssertNone();
    }

    private static ParallelOptions Options => new() { MaxDegreeOfParallelism = 6, CancellationToken = TestContext.Current.CancellationToken };

    private async Task TryAsync(ApiRoute route, string path, byte[]? body, string? contentType = null)
    {
        Interlocked.Increment(ref sent);
        contentType ??= BadInputCloud.MediaType(route);
        try
        {
            var (status, text, answer) = await cloud.SendAsync(route.Port, route.Method, path, cloud.Admin, body, contentType, BadInputCloud.Latest(route.Port));
            using (answer)
            {
                // What the HTTP server refuses before any service sees it (%00 in a path) has no body.
                if (status == global::System.Net.HttpStatusCode.BadRequest && text.Length == 0 && !answer.Headers.Contains("x-openstack-request-id"))
                {
                    return;
                }

                if (FaultShape.Check(route.Program, route.Method, (int)status, answer.Content.Headers.ContentType?.ToString(), text) is { } fault)
                {
                    Note(route, path, body, $"{fault}: {(int)status} {text}");
                }
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            Note(route, path, body, exception.Message);
        }
    }

    // One line a fault of a program: the first route that has it, and how many more.
    private void Note(ApiRoute route, string path, byte[]? body, string fault)
    {
        var shown = body is null ? "" : Encoding.UTF8.GetString(body);
        var line = $"{route.Program} {route.Method} {Short(path)} {Short(shown)}: {Short(fault)}";
        var kind = $"{route.Program} {route.Method} {route.Path.Split('/').ElementAtOrDefault(2)} {fault[..Math.Min(fault.Length, 20)]}";
        faults.AddOrUpdate(kind, (line, 1), (_, known) => (known.Line, known.Count + 1));
    }

    private static string Short(string text) => text.Length <= 400 ? text : text[..400] + "…";

    /// <summary>What the logs say of unforeseen exceptions: each with the first place of ours in its trace.</summary>
    private IEnumerable<string> Exceptions()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(cloud.StateDirectory, "log"), "*.log", SearchOption.AllDirectories))
        {
            string? exception = null;
            foreach (var line in File.ReadLines(file))
            {
                if (line.Contains("Exception:", StringComparison.Ordinal))
                {
                    exception = line[(line.LastIndexOf("] ", StringComparison.Ordinal) + 1)..];
                }
                else if (exception is not null && line.Contains(" at Meridian.", StringComparison.Ordinal))
                {
                    yield return Short($"{exception.Trim()} {line[line.IndexOf(" at Meridian.", StringComparison.Ordinal)..]}");
                    exception = null;
                }
            }
        }
    }

    private void AssertNone()
    {
        Assert.True(sent > 100, "the table is empty");
        Assert.True(faults.IsEmpty, $"{faults.Count} kinds of faults in {sent} requests:\n{string.Join('\n', faults.Values.Select(fault => $"{fault.Count} × {fault.Line}").Order())}\n{string.Join('\n', Exceptions().Distinct())}");
    }
}
