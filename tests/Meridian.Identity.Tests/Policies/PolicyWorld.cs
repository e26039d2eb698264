// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

using Meridian.Testing;

namespace Meridian.Identity.Tests.Policies;

/// <summary>
/// Two domains, people with each role on each scope of the first, a manager of the second, a service; and the objects that lines of policies.txt name.
/// </summary>
public sealed partial class PolicyWorld : IAsyncLifetime
{
    private readonly IdentityApi api = new();
    private readonly Dictionary<string, string> things = new(StringComparer.Ordinal)
    {
        ["blue"] = "blue", ["default"] = "default", ["ldap"] = "ldap", ["url"] = "url", ["compliance"] = "security_compliance", ["regex"] = "password_regex",
    };

    public IdentityApi Api => api;

    public KeystoneFixture Keystone => api.Keystone;

    /// <summary>Tokens in the order of the table's columns; an empty text for none.</summary>
    public IReadOnlyList<(string Name, string Token)> Personas { get; private set; } = [];

    /// <summary>The token of a plain member of a project in the other domain.</summary>
    public string Stranger { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await api.InitializeAsync();
        foreach (var role in new[] { "admin", "manager", "member", "reader", "service" })
        {
            things[role] = (await Keystone.FindIdAsync("roles", role))!;
        }

        things["plain"] = await Keystone.CreateAsync("role", new { name = "plain" });
        foreach (var (domain, project) in new[] { ("domain", "project"), ("outdomain", "outproject") })
        {
            things[domain] = await Keystone.CreateAsync("domain", new { name = domain });
            things[project] = await Keystone.CreateAsync("project", new { name = project, domain_id = things[domain], tags = new[] { "blue" } });
        }

        var (system, inside, within, outside) = ("system", "domains/" + things["domain"], "projects/" + things["project"], "domains/" + things["outdomain"]);
        Personas =
        [
            await PersonaAsync("system admin", "domain", system, "admin"), await PersonaAsync("system reader", "domain", system, "reader"),
            await PersonaAsync("domain admin", "domain", inside, "admin"), await PersonaAsync("domain manager", "domain", inside, "manager"),
            await PersonaAsync("domain reader", "domain", inside, "reader"), await PersonaAsync("project admin", "domain", within, "admin"),
            await PersonaAsync("project manager", "domain", within, "manager"), await PersonaAsync("project member", "domain", within, "member"),
            await PersonaAsync("project reader", "domain", within, "reader"), await PersonaAsync("owner", "domain", within, "plain"),
            await PersonaAsync("other domain's manager", "outdomain", outside, "manager"),
            await PersonaAsync("a service", "outdomain", "projects/" + await Keystone.CreateAsync("project", new { name = "services" }), "service"), ("nobody", ""),
        ];
        Stranger = (await PersonaAsync("stranger", "outdomain", "projects/" + things["outproject"], "member")).Token;
    }

    public ValueTask DisposeAsync() => api.DisposeAsync();

    /// <summary>Fills a text's <c>&lt;x&gt;</c>; one request's things are made once.</summary>
    public async Task<string> FillAsync(string text, Dictionary<string, string> made)
    {
        foreach (Match hole in Hole().Matches(text))
        {
            var name = hole.Groups[1].Value;
            if (!made.TryGetValue(name, out var id))
            {
                id = made[name] = things.TryGetValue(name, out var known) ? known : name == "subject" ? await LogInAsync(things["owner"], "projects/" + things["project"]) : await new PolicyThings(api, Personas.First(persona => persona.Name == "owner").Token, things, made).MakeAsync(name);
            }

            text = text.Replace(hole.Value, id, StringComparison.Ordinal);
        }

        return text;
    }

    private async Task<(string Name, string Token)> PersonaAsync(string name, string domain, string scope, string role)
    {
        var user = await Keystone.CreateAsync("user", new { name, domain_id = things[domain], password = "pw" });
        things[name.Replace(" ", "", StringComparison.Ordinal)] = user;
        await Keystone.CallAsync(HttpMethod.Put, $"/v3/{scope}/users/{user}/roles/{things[role]}");
        return (name, await LogInAsync(user, scope));
    }

    private async Task<string> LogInAsync(string user, string scope)
    {
        var target = scope.Split('/');
        object wanted = target[0] switch
        {
            "system" => new { system = new { all = true } },
            "domains" => new { domain = new { id = target[1] } },
            _ => new { project = new { id = target[1] } },
        };
        var answer = await api.LogInAsync(new { identity = new { methods = new[] { "password" }, password = new { user = new { id = user, password = "pw" } } }, scope = wanted });
        return answer.Status == 201 ? answer.Headers["X-Subject-Token"] : throw new InvalidOperationException($"log-in for {scope}: {answer.Text}");
    }

    [GeneratedRegex("<([a-z]+)>")]
    private static partial Regex Hole();
}
