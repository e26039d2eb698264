// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Trusts;

/// <summary>A user with a project of his own and a token for it.</summary>
public sealed record Person(string Name, string Id, string Project, string ProjectId, string Token)
{
    public const string Password = "pw";
}

/// <summary>People, and what they delegate to each other and to applications.</summary>
public sealed class Delegations(IdentityApi api)
{
    public async Task<Person> NewPersonAsync(params string[] roles)
    {
        var (name, project) = (IdentityApi.Unique("person"), IdentityApi.Unique("project"));
        var (id, projectId) = await api.Keystone.CreateUserAsync(name, Person.Password, project, roles.Length == 0 ? ["member"] : roles);
        return new(name, id, project, projectId, await api.Keystone.TokenAsync(name, Person.Password, project));
    }

    /// <summary>A trust of member on the trustor's project; <paramref name="more"/> adds members and overrides these.</summary>
    public Task<ApiAnswer> TrustAsync(Person trustor, Person trustee, IReadOnlyDictionary<string, object?>? more = null, string? token = null)
    {
        var trust = new Dictionary<string, object?>
        {
            ["trustor_user_id"] = trustor.Id,
            ["trustee_user_id"] = trustee.Id,
            ["project_id"] = trustor.ProjectId,
            ["impersonation"] = false,
            ["roles"] = new[] { new { name = "member" } },
        };
        foreach (var (name, value) in more ?? new Dictionary<string, object?>())
        {
            trust[name] = value;
        }

        return api.PostAsync("/v3/OS-TRUST/trusts", new { trust }, token ?? trustor.Token);
    }

    public async Task<string> TrustIdAsync(Person trustor, Person trustee, IReadOnlyDictionary<string, object?>? more = null, string? token = null)
    {
        var answer = await TrustAsync(trustor, trustee, more, token);
        Assert.Equal(201, answer.Status);
        return Id(answer["trust"]);
    }

    /// <summary>Logs in by password for a trust.</summary>
    public Task<ApiAnswer> UseTrustAsync(Person trustee, string trustId) =>
        api.LogInAsync(trustee.Name, Person.Password, new Dictionary<string, object> { ["OS-TRUST:trust"] = new { id = trustId } });

    public async Task<string> TrustTokenAsync(Person trustee, string trustId)
    {
        var answer = await UseTrustAsync(trustee, trustId);
        Assert.Equal(201, answer.Status);
        return answer.Headers["X-Subject-Token"];
    }

    /// <summary>An application credential of that name and these further members.</summary>
    public Task<ApiAnswer> ApplicationCredentialAsync(Person person, IReadOnlyDictionary<string, object?>? more = null, string? token = null)
    {
        var body = new Dictionary<string, object?> { ["name"] = IdentityApi.Unique("app") };
        foreach (var (name, value) in more ?? new Dictionary<string, object?>())
        {
            body[name] = value;
        }

        return api.PostAsync($"/v3/users/{person.Id}/application_credentials", new { application_credential = body }, token ?? person.Token);
    }

    public Task<ApiAnswer> UseApplicationCredentialAsync(string id, string secret) => api.LogInAsync(new
    {
        identity = new { methods = new[] { "application_credential" }, application_credential = new { id, secret } },
    });

    /// <summary>A token of a new application credential.</summary>
    public async Task<(string Id, string Token)> ApplicationTokenAsync(Person person, IReadOnlyDictionary<string, object?>? more = null)
    {
        var made = (await ApplicationCredentialAsync(person, more))["application_credential"];
        var answer = await UseApplicationCredentialAsync(Id(made), made.GetProperty("secret").GetString()!);
        Assert.Equal(201, answer.Status);
        return (Id(made), answer.Headers["X-Subject-Token"]);
    }

    public static string Id(JsonElement resource) => resource.GetProperty("id").GetString()!;

    /// <summary>Names of the roles, sorted.</summary>
    public static string Roles(JsonElement resource) =>
        string.Join(' ', resource.GetProperty("roles").EnumerateArray().Select(r => r.GetProperty("name").GetString()).Order(StringComparer.Ordinal));
}
