// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Nodes;

using CsCheck;

using Meridian.Platform.Policy;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Tests.Policy;

/// <summary>
/// Rules, credentials and targets made up by chance: what is allowed here is what oslo.policy allows, and what it only logs, or answers with an exception,
/// is refused here at start. One thing differs by intent and is not asked: a credential that is null never equals a target's null attribute.
/// </summary>
[Trait("needs", "engines")]
public sealed class PolicyOracleTests
{
    private const string Asked = "asked";

    private static readonly string[] Values = ["u1", "p1", "p2", "d1", "all", "admin", "Reader", "ÄRZTIN", "True", "3", "1.5", "None"];
    private static readonly string[] Targets = ["user_id", "project_id", "target.user.id", "target.user.domain_id", "target.shared", "target.count", "target.tags", "target.role.name", "target.absent"];
    private static readonly string[] Words = ["and", "or", "not", "(", ")", "'quoted'", "\"q\"", "'a':'b'", "lonely", "!", "@", "role:", ":x", "user_id:%(user_id)", "user_id:%", "http://decide.example/%(name)s", "https://decide.example/", " "];

    /// <summary>Credentials by chance; null for what a token of another scope has not.</summary>
    private static readonly Gen<PolicyCredentials> Credentials =
        Gen.Select(Any<string?>("u1", "u2"), Any<string?>(null, "p1", "p2"), Any<string?>(null, null, "d1"), Any<string?>(null, null, "all"), Gen.Bool, Some("admin", "reader", "ärztin", "member"))
            .Select((user, project, domain, system, admin, roles) => new PolicyCredentials
            {
                UserId = user, ProjectId = project, DomainId = domain, SystemScope = system, IsAdmin = admin, Roles = roles,
                Attributes = project is null
                    ? new() { ["token.user.id"] = user, ["groups"] = new[] { "admin", "p1" }, ["level"] = 3, ["nothing"] = null }
                    : new Dictionary<string, object?> { ["token.user.id"] = user, ["token.project.id"] = project, ["token.roles.name"] = roles, ["groups"] = Array.Empty<string>() },
            });

    private static readonly Gen<Dictionary<string, object?>> Target =
        Gen.Select(Any("u1", "u2"), Any<string?>("p1", "p2", null), Gen.Bool, Any("admin", "ÄRZTIN", "Reader"), Gen.Bool, Some("a", "it's", "\"b\" 'c'", "\\"))
            .Select((user, project, shared, role, whole, tags) =>
            {
                var target = new Dictionary<string, object?> { ["target.user.id"] = user, ["target.shared"] = shared, ["target.none"] = null, ["target.role.name"] = role, ["target.tags"] = tags };
                if (whole)
                {
                    (target["user_id"], target["target.user.domain_id"], target["target.count"]) = (user, "d1", 3);
                }

                if (project is not null)
                {
                    target["project_id"] = project;
                }

                return target;
            });

    private static readonly Gen<string> Match = Gen.Frequency(
        (3, Any(Values)), (4, Any(Targets).Select(name => $"%({name})s")), (1, Any(Targets).Select(name => $"x%({name})s")),
        (1, Gen.Select(Any(Targets), Any(Targets)).Select((one, two) => $"%({one})s-%%%({two})s")));

    private static readonly Gen<string> Check = Gen.Frequency(
        (4, Any("role:admin", "role:READER", "role:member", "role:Ärztin", "role:%(target.role.name)s", "role:%(target.absent)s")),
        (5, Gen.Select(Any("user_id", "project_id", "domain_id", "system_scope", "is_admin", "is_admin_project", "roles", "token.user.id", "token.project.id", "token.roles.name", "token.roles", "groups", "level", "nothing", "unknown", "token.unknown.id", "user-id"), Match)
            .Select((kind, match) => $"{kind}:{match}")),
        (3, Gen.Select(Any("None", "True", "False", "'u1'", "\"admin\"", "3", "+3", "-3", "1.50", "2.0", "007", "-0", "''"), Gen.OneOf(Match, Gen.Const("%(target.none)s"), Gen.Const("0"), Gen.Const("-3"), Gen.Const("2.0"))).Select((kind, match) => $"{kind}:{match}")),
        (1, Any("@", "!", "system_scope:all", "is_admin:1", "is_admin:True", "domain_id:None")));

    [Fact]
    public void Rules_hold_as_they_do_in_oslo_policy()
    {
        using var oracle = OsloPolicy.Start();
        using var folder = new Testing.TemporaryFolder();
        var file = folder.File("policy.json");
        var outcomes = new Dictionary<string, int>();

        Gen.Select(Rules, Any<string[]?>(null, null, ["project"], ["system", "project"], ["domain"]), Credentials, Target).Sample(
            (rules, scopes, credentials, target) =>
            {
                var written = new JsonObject(rules.Select(rule => KeyValuePair.Create(rule.Key, JsonSerializer.SerializeToNode(rule.Value))));
                File.WriteAllText(file, written.ToJsonString());

                var expected = oracle.Judge(new JsonObject
                {
                    ["rules"] = written.DeepClone(), ["scopes"] = JsonSerializer.SerializeToNode(scopes), ["credentials"] = Json(credentials), ["target"] = JsonSerializer.SerializeToNode(target),
                });

                outcomes[expected] = outcomes.GetValueOrDefault(expected) + 1;
                return Judge(file, scopes, credentials, target) == expected ? true : throw new InvalidOperationException($"oslo.policy: {expected}\n{written}\n{Json(credentials)}\n{JsonSerializer.Serialize(target)}");
            },
            iter: 6000, threads: 1);

        // Chance must not have asked about one thing alone.
        Assert.All(["True", "False", "error"], outcome => Assert.InRange(outcomes.GetValueOrDefault(outcome), 400, 5000));
    }

    private static string Judge(string file, string[]? scopes, PolicyCredentials credentials, Dictionary<string, object?> target)
    {
        var rule = new PolicyRule(Asked, "@", "", scopes);
        var sources = new PolicySources(file, MustExist: true);
        try
        {
            var policy = new PolicyEnforcer([rule], sources, PolicyRuleSet.Build([rule], sources), r => new(403, r.Name), NullLogger<PolicyEnforcer>.Instance);
            return policy.Allows(credentials, rule, new(attributes: target)).ToString();
        }
        catch (PolicyException)
        {
            return "error";
        }
    }

    /// <summary>What oslo.context would give: dotted names are objects in objects, and token.roles is a list of such.</summary>
    private static JsonObject Json(PolicyCredentials credentials)
    {
        var token = new JsonObject { ["user"] = new JsonObject { ["id"] = credentials.UserId } };
        if (credentials.ProjectId is not null)
        {
            token["project"] = new JsonObject { ["id"] = credentials.ProjectId };
            token["roles"] = new JsonArray([.. credentials.Roles.Select(role => new JsonObject { ["name"] = role })]);
        }

        var json = new JsonObject
        {
            ["user_id"] = credentials.UserId, ["project_id"] = credentials.ProjectId, ["domain_id"] = credentials.DomainId, ["system_scope"] = credentials.SystemScope,
            ["is_admin"] = credentials.IsAdmin, ["is_admin_project"] = credentials.IsAdminProject, ["roles"] = JsonSerializer.SerializeToNode(credentials.Roles), ["token"] = token,
        };
        foreach (var (name, value) in credentials.Attributes.Where(a => !a.Key.Contains('.', StringComparison.Ordinal)))
        {
            json[name] = JsonSerializer.SerializeToNode(value);
        }

        return json;
    }

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string[]> Some(params string[] items) => Gen.Bool.Array[items.Length].Select(chosen => items.Where((_, i) => chosen[i]).ToArray());

    /// <summary>A rule in words, as deep as is asked; one of twenty has a word too many.</summary>
    private static Gen<string> Text(string[] references)
    {
        var leaf = Gen.Frequency((9, Check), (references.Length == 0 ? 0 : 2, Any(references.Length == 0 ? ["none"] : references).Select(name => "rule:" + name)));
        var whole = Gen.Recursive<string>((depth, inner) => depth > 3 ? leaf : Gen.Frequency(
            (3, leaf), (1, inner.Select(text => $"not {text}")), (1, inner.Select(text => $"NOT ({text})")), (2, inner.Select(text => $"({text})")),
            (3, Gen.Select(Any(" and ", " or ", " AND  ", " Or "), inner.Array[2, 4]).Select((word, texts) => string.Join(word, texts)))));
        var broken = Gen.Select(whole, Any(Words), Gen.Int[0, 30]).Select((text, word, at) =>
        {
            var words = text.Split(' ').ToList();
            words.Insert(at % (words.Count + 1), word);
            return string.Join(' ', words);
        });
        return Gen.Frequency((40, whole), (2, broken), (1, Any("", " ", "()", "''", "@", "!")));
    }

    private static Gen<object> Rule(params string[] references) => Gen.Frequency(
        (8, Text(references).Select(object (text) => text)),
        (1, Gen.OneOf(Check.Array[0, 3].Select(object (all) => all), Check.Select(object (text) => text)).Array[0, 3].Select(object (alternatives) => alternatives)));

    /// <summary>Rules that refer to those behind them; the default rule is there in one of three.</summary>
    private static Gen<Dictionary<string, object>> Rules { get; } =
        Gen.Select(Rule("r1", "r2", "r0"), Rule("r2"), Rule(), Rule(), Gen.Int[0, 2], Gen.Frequency((30, Gen.Const("r1")), (1, Gen.Const("missing")), (1, Gen.Const(Asked))))
            .Select((first, second, third, fallback, hasDefault, reference) =>
            {
                var rules = new Dictionary<string, object> { [Asked] = first, ["r1"] = second, ["r2"] = third, ["r0"] = $"rule:{reference} or role:member" };
                if (hasDefault == 0)
                {
                    rules["default"] = fallback;
                }

                return rules;
            });
}
