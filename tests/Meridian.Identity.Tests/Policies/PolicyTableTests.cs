// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

namespace Meridian.Identity.Tests.Policies;

/// <summary>OSSA-2014-011: every route against every persona has an expected answer, in policies.txt.</summary>
public sealed class PolicyTableTests(PolicyWorld world) : IClassFixture<PolicyWorld>
{
    // What is no domain's: any user may read regions, and who knows a password may change it.
    private static readonly string[] Everybodys = ["GET /v3/regions/<region>", "GET /v3/registered_limits/<registeredlimit>", "POST /v3/users/<user>/password", "GET /v3/domains/<default>/config/<compliance>", "GET /v3/domains/<default>/config/<compliance>/<regex>"];

    public static TheoryData<string> Lines => [.. PolicyLine.All.Select(line => line.ToString())];

    [Fact]
    public void Every_mapped_route_is_in_the_table()
    {
        var missing = world.Keystone.Service.Host.Routes.Where(route => route.Path != "/healthcheck" && !PolicyLine.All.Any(line => line.IsOf(route.Method, route.Path)));

        Assert.Empty(missing.Select(route => $"{route.Method} {route.Path}"));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Ossa_2014_011_each_persona_gets_the_answer_of_the_table(string line)
    {
        var row = PolicyLine.All.First(row => row.ToString() == line);
        var hasOwnHead = PolicyLine.All.Any(other => other.Method == "HEAD" && other.Path == row.Path);
        string[] methods = row.Method == "GET" && !hasOwnHead ? ["GET", "HEAD"] : [row.Method];
        var wrong = new List<string>();

        foreach (var (index, (name, token)) in world.Personas.Index())
        {
            foreach (var method in methods)
            {
                var answer = await SendAsync(row, method, token);
                if (answer.Status != row.Expected(index))
                {
                    wrong.Add($"{name}: {method} is {answer.Status}, not {row.Expected(index)} {answer.Text}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task S13_a_member_of_another_domain_gets_403_or_404_for_whatever_he_names()
    {
        var wrong = new ConcurrentBag<string>();
        var named = PolicyLine.All.Where(row => row.Path.Contains('<', StringComparison.Ordinal) && !Everybodys.Contains($"{row.Method} {row.Path}")
            && !row.Path.Contains("<outsider>", StringComparison.Ordinal)).ToList();

        await Parallel.ForEachAsync(named, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (row, _) =>
        {
            var answer = await SendAsync(row, row.Method, world.Stranger);
            if (answer.Status is not (403 or 404))
            {
                wrong.Add($"{row}: {answer.Status} {answer.Text}");
            }
        });

        Assert.NotEmpty(named);
        Assert.Empty(wrong.Order(StringComparer.Ordinal));
    }

    private async Task<ApiAnswer> SendAsync(PolicyLine row, string method, string token)
    {
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        var path = await world.FillAsync(row.Path, made);
        var body = row.Body is null ? null : await world.FillAsync(row.Body, made);
        return await world.Api.SendAsync(new HttpMethod(method), path, body, token, row.Subject is null ? null : await world.FillAsync(row.Subject, made));
    }
}
