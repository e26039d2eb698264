// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Testing;

namespace Meridian.Identity.Tests.Policies;

/// <summary>Makes what a line of policies.txt names, anew for each request.</summary>
/// <param name="owner">A token of the owner, for what nobody else may make.</param>
/// <param name="world">Ids of what is there for all: domain, project, their others, roles.</param>
/// <param name="made">Ids of what was made for this request, in the order in which the line names it.</param>
internal sealed class PolicyThings(IdentityApi api, string owner, IReadOnlyDictionary<string, string> world, IReadOnlyDictionary<string, string> made)
{
    private readonly KeystoneFixture keystone = api.Keystone;

    public async Task<string> MakeAsync(string what)
    {
        var (name, domain) = (IdentityApi.Unique(what), world["domain"]);
        return what switch
        {
            "name" => name,
            "user" => await keystone.CreateAsync("user", new { name, domain_id = domain, password = "pw" }),
            "outsider" => await keystone.CreateAsync("user", new { name, domain_id = world["outdomain"] }),
            "group" => await keystone.CreateAsync("group", new { name, domain_id = domain }),
            "groupmember" => await PutAsync(await keystone.CreateAsync("user", new { name, domain_id = domain }), id => $"groups/{made["group"]}/users/{id}"),
            "newproject" => await keystone.CreateAsync("project", new { name, domain_id = domain, tags = new[] { "blue" } }),
            "newdomain" => await keystone.CreateAsync("domain", new { name, enabled = false }),
            "role" or "prior" => await keystone.CreateAsync("role", new { name }),
            "domainrole" => await keystone.CreateAsync("role", new { name, domain_id = domain }),
            "implied" => await PutAsync(await keystone.CreateAsync("role", new { name }), id => $"roles/{made["prior"]}/implies/{id}"),
            "granted" => await GrantAsync("users", await keystone.CreateAsync("user", new { name, domain_id = domain })),
            "grantedgroup" => await GrantAsync("groups", await keystone.CreateAsync("group", new { name, domain_id = domain })),
            "trust" => await CreateAsOwnerAsync("OS-TRUST/trusts", "trust", new Dictionary<string, object>
            {
                ["trustor_user_id"] = world["owner"], ["trustee_user_id"] = world["projectmember"], ["project_id"] = world["project"], ["impersonation"] = false, ["roles"] = new[] { new { id = world["plain"] } },
                ["expires_at"] = TimeProvider.System.GetUtcNow().AddDays(1 + Random.Shared.NextDouble()).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            }),
            "appcred" => await CreateAsOwnerAsync($"users/{world["owner"]}/application_credentials", "application_credential", new { name }),
            "accessrule" => await AccessRuleAsync(name),
            _ => await MakeOfCatalogAsync(what, name),
        };
    }

    private async Task<string> MakeOfCatalogAsync(string what, string name) => what switch
    {
        "region" => await keystone.CreateAsync("region", new { id = name }),
        "newservice" => await keystone.CreateAsync("service", new { type = name }),
        "endpoint" => await EndpointAsync(),
        "limited" => await LimitedServiceAsync(),
        "registeredlimit" => await CreateFirstAsync("registered_limits", new { service_id = await keystone.CreateAsync("service", new { type = name }), resource_name = name, default_limit = 5 }),
        "limit" => await CreateFirstAsync("limits", new { service_id = await LimitedServiceAsync(), resource_name = "things", resource_limit = 3, project_id = world["project"] }),
        "policy" => await PolicyAsync(),
        "policyendpoint" => await PutAsync(await EndpointAsync(), id => $"policies/{made["policy"]}/OS-ENDPOINT-POLICY/endpoints/{id}"),
        "policyservice" => await PutAsync(await keystone.CreateAsync("service", new { type = name }), id => $"policies/{made["policy"]}/OS-ENDPOINT-POLICY/services/{id}"),
        "policyregion" => await PutAsync(await keystone.CreateAsync("region", new { id = name }), id => $"policies/{made["policy"]}/OS-ENDPOINT-POLICY/services/{made["newservice"]}/regions/{id}"),
        "governed" => await GovernedEndpointAsync(),
        "filtered" => await PutAsync(await EndpointAsync(), id => $"OS-EP-FILTER/projects/{world["project"]}/endpoints/{id}"),
        "endpointgroup" => await CreateAsync("OS-EP-FILTER/endpoint_groups", "endpoint_group", new { name, filters = new { @interface = "public" } }),
        "credential" => await CreateAsync("credentials", "credential", new { blob = "a", type = "cert", user_id = world["owner"] }),
        "access" => await AccessKeyAsync(world["owner"]),
        "memberaccess" => await AccessKeyAsync(world["projectmember"]),
        "configured" => await PutAsync(await keystone.CreateAsync("domain", new { name }), id => $"domains/{id}/config", new { config = new { ldap = new { url = "ldap://a" } } }),
        "groupproject" => await PutAsync(await keystone.CreateAsync("project", new { name }), id => $"OS-EP-FILTER/endpoint_groups/{made["endpointgroup"]}/projects/{id}"),
        _ => throw new ArgumentException($"policies.txt names <{what}>, which nothing makes", nameof(what)),
    };

    /// <summary>Role reader on everything that grants are asked about.</summary>
    private async Task<string> GrantAsync(string kind, string id)
    {
        var grant = $"{kind}/{id}/roles/{world["reader"]}";
        foreach (var target in new[] { "projects/" + world["project"], "domains/" + world["domain"] })
        {
            await PutAsync(id, _ => $"{target}/{grant}");
            await PutAsync(id, _ => $"OS-INHERIT/{target}/{grant}/inherited_to_projects");
        }

        return await PutAsync(id, _ => "system/" + grant);
    }

    private async Task<string> EndpointAsync() => await keystone.CreateAsync("endpoint", new Dictionary<string, string>
    {
        ["service_id"] = await keystone.CreateAsync("service", new { type = IdentityApi.Unique("type") }), ["interface"] = "public", ["region_id"] = "RegionOne", ["url"] = "http://a",
    });

    /// <summary>A service with a registered limit of resource "things".</summary>
    private async Task<string> LimitedServiceAsync()
    {
        var service = await keystone.CreateAsync("service", new { type = IdentityApi.Unique("type") });
        await CreateFirstAsync("registered_limits", new { service_id = service, resource_name = "things", default_limit = 5 });
        return service;
    }

    private Task<string> PolicyAsync() => CreateAsync("policies", "policy", new { blob = "{}", type = "application/json" });

    private async Task<string> GovernedEndpointAsync()
    {
        var policy = await PolicyAsync();
        return await PutAsync(await EndpointAsync(), id => $"policies/{policy}/OS-ENDPOINT-POLICY/endpoints/{id}");
    }

    private async Task<string> CreateAsync(string collection, string member, object body) =>
        (await keystone.CallAsync(HttpMethod.Post, "/v3/" + collection, new Dictionary<string, object> { [member] = body }))!.Value.GetProperty(member).GetProperty("id").GetString()!;

    private async Task<string> CreateAsOwnerAsync(string collection, string member, object body) => Made(await api.PostAsync("/v3/" + collection, new Dictionary<string, object> { [member] = body }, owner), member).GetProperty("id").GetString()!;

    /// <summary>A rule that outlived the application credential that it was made for: one that is in use cannot be deleted.</summary>
    private async Task<string> AccessRuleAsync(string name)
    {
        var path = $"/v3/users/{world["owner"]}/application_credentials";
        var rules = new[] { new { method = "GET", path = "/v2.1/" + name, service = "compute" } };
        var made = Made(await api.PostAsync(path, new { application_credential = new { name, access_rules = rules } }, owner), "application_credential");
        Assert.Equal(204, (await api.DeleteAsync($"{path}/{made.GetProperty("id").GetString()}", owner)).Status);
        return made.GetProperty("access_rules")[0].GetProperty("id").GetString()!;
    }

    private static JsonElement Made(ApiAnswer answer, string member) =>
        answer.Status == 201 ? answer.Body.GetProperty(member) : throw new InvalidOperationException($"a new {member}: {answer.Status} {answer.Text}");

    /// <summary>Of a collection that takes several at once.</summary>
    private async Task<string> CreateFirstAsync(string collection, object body) =>
        (await keystone.CallAsync(HttpMethod.Post, "/v3/" + collection, new Dictionary<string, object> { [collection] = new[] { body } }))!.Value.GetProperty(collection)[0].GetProperty("id").GetString()!;

    private async Task<string> AccessKeyAsync(string user) =>
        (await keystone.CallAsync(HttpMethod.Post, $"/v3/users/{user}/credentials/OS-EC2", new { tenant_id = world["project"] }))!.Value.GetProperty("credential").GetProperty("access").GetString()!;

    private async Task<string> PutAsync(string id, Func<string, string> path, object? body = null)
    {
        await keystone.CallAsync(HttpMethod.Put, "/v3/" + path(id), body);
        return id;
    }
}
