// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Trusts;

/// <summary>Tokens that a trust gives.</summary>
public sealed class TrustTokensTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private static readonly IReadOnlyDictionary<string, object?> Impersonating = new Dictionary<string, object?> { ["impersonation"] = true };

    private readonly Delegations delegations = new(api);

    [Fact]
    public async Task A_trusts_token_is_the_trustees_with_the_trusts_roles_and_project()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync("manager"), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee);

        var token = (await delegations.UseTrustAsync(trustee, id))["token"];

        Assert.Equal(trustee.Id, token.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(trustor.ProjectId, token.GetProperty("project").GetProperty("id").GetString());
        Assert.Equal("member reader", Delegations.Roles(token));
        Assert.Equal(["password"], token.GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
        Assert.True(token.TryGetProperty("catalog", out _));
        Assert.False(token.TryGetProperty("is_domain", out _));
        var trust = token.GetProperty("OS-TRUST:trust");
        Assert.Equal(id, Delegations.Id(trust));
        Assert.False(trust.GetProperty("impersonation").GetBoolean());
        Assert.Equal((trustor.Id, trustee.Id), (Delegations.Id(trust.GetProperty("trustor_user")), Delegations.Id(trust.GetProperty("trustee_user"))));
    }

    [Fact]
    public async Task An_impersonating_trusts_token_is_the_trustors()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var token = await delegations.TrustTokenAsync(trustee, await delegations.TrustIdAsync(trustor, trustee, Impersonating));

        var shown = (await api.ValidateAsync(token))["token"];

        Assert.Equal((trustor.Id, trustor.Name), (shown.GetProperty("user").GetProperty("id").GetString(), shown.GetProperty("user").GetProperty("name").GetString()));
        Assert.True(shown.GetProperty("OS-TRUST:trust").GetProperty("impersonation").GetBoolean());

        // What a policy reads is the trustor too.
        Assert.Equal(200, (await api.GetAsync("/v3/users/" + trustor.Id, token)).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/users/" + trustee.Id, token)).Status);
    }

    [Fact]
    public async Task A_trust_is_taken_up_with_a_token_as_well()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee);

        var answer = await api.RescopeAsync(trustee.Token, new Dictionary<string, object> { ["OS-TRUST:trust"] = new { id } });

        Assert.Equal(201, answer.Status);
        Assert.Equal(trustor.ProjectId, answer["token"].GetProperty("project").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Only_the_trustee_takes_a_trust_up()
    {
        var (trustor, trustee, thief) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["remaining_uses"] = 1 });

        Assert.Equal(403, (await delegations.UseTrustAsync(thief, id)).Status);
        Assert.Equal(403, (await delegations.UseTrustAsync(trustor, id)).Status);
        Assert.Equal(201, (await delegations.UseTrustAsync(trustee, id)).Status);
    }

    [Theory]
    [InlineData("{\"OS-TRUST:trust\": {}}", 400)]
    [InlineData("{\"OS-TRUST:trust\": \"x\"}", 400)]
    [InlineData("{\"OS-TRUST:trust\": {\"id\": 7}}", 400)]
    [InlineData("{\"OS-TRUST:trust\": {\"id\": \"unknown\"}}", 401)]
    [InlineData("{\"OS-TRUST:trust\": {\"id\": \"unknown\"}, \"project\": {\"id\": \"x\"}}", 400)]
    public async Task A_bad_trust_is_no_scope(string scope, int status)
    {
        var trustee = await delegations.NewPersonAsync();

        Assert.Equal(status, (await api.LogInAsync(trustee.Name, Person.Password, JsonSerializer.Deserialize<JsonElement>(scope))).Status);
    }

    [Fact]
    public async Task Uses_are_counted_and_the_last_token_lives_on()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["remaining_uses"] = 2 });

        await delegations.TrustTokenAsync(trustee, id);
        Assert.Equal(1, (await api.GetAsync("/v3/OS-TRUST/trusts/" + id, trustor.Token))["trust"].GetProperty("remaining_uses").GetInt32());
        var last = await delegations.TrustTokenAsync(trustee, id);

        Assert.Equal(401, (await delegations.UseTrustAsync(trustee, id)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/OS-TRUST/trusts/" + id, trustor.Token)).Status);
        await api.PatchAsync("/v3/users/" + (await delegations.NewPersonAsync()).Id, new { user = new { description = "any change: what was cached is computed anew" } });
        Assert.Equal(200, (await api.ValidateAsync(last)).Status);
    }

    [Fact]
    public async Task Twenty_at_once_take_no_more_uses_than_there_are()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["remaining_uses"] = 5 });

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => delegations.UseTrustAsync(trustee, id)));

        Assert.Equal(5, answers.Count(a => a.Status == 201));
        Assert.All(answers.Where(a => a.Status != 201), a => Assert.True(a.Status is 401 or 403, a.Text));
        var listed = Assert.Single((await api.GetAsync("/v3/OS-TRUST/trusts?trustor_user_id=" + trustor.Id, trustor.Token))["trusts"].EnumerateArray());
        Assert.Equal(0, listed.GetProperty("remaining_uses").GetInt32());
    }

    [Fact]
    public async Task Deleting_a_trust_kills_its_tokens()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee);
        var token = await delegations.TrustTokenAsync(trustee, id);

        await api.DeleteAsync("/v3/OS-TRUST/trusts/" + id, trustor.Token);

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/auth/projects", token)).Status);
        Assert.Equal(401, (await delegations.UseTrustAsync(trustee, id)).Status);
        Assert.Equal(200, (await api.ValidateAsync(trustee.Token)).Status);
    }

    [Fact]
    public async Task A_trust_without_a_project_gives_no_token()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["project_id"] = null, ["roles"] = Array.Empty<object>() });

        Assert.Equal(401, (await delegations.UseTrustAsync(trustee, id)).Status);
    }

    [Fact]
    public async Task A_role_that_the_trustor_loses_ends_the_trust_whole()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync("manager"), await delegations.NewPersonAsync());
        var role = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("lent") });
        var grant = $"/v3/projects/{trustor.ProjectId}/users/{trustor.Id}/roles/{role}";
        await api.PutAsync(grant);
        var id = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = new object[] { new { name = "member" }, new { id = role } } });
        var token = await delegations.TrustTokenAsync(trustee, id);

        await api.DeleteAsync(grant);

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(403, (await delegations.UseTrustAsync(trustee, id)).Status);
        await api.PutAsync(grant);
        Assert.Equal(201, (await delegations.UseTrustAsync(trustee, id)).Status);
        await api.DeleteAsync("/v3/roles/" + role);
        Assert.Equal(403, (await delegations.UseTrustAsync(trustee, id)).Status);
    }

    [Theory]
    [InlineData("trustor", 403)]
    [InlineData("trustee", 401)]
    [InlineData("project", 401)]
    public async Task A_disabled_party_ends_it(string party, int status)
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee);
        var token = await delegations.TrustTokenAsync(trustee, id);

        await (party == "project"
            ? api.PatchAsync("/v3/projects/" + trustor.ProjectId, new { project = new { enabled = false } })
            : api.PatchAsync("/v3/users/" + (party == "trustor" ? trustor.Id : trustee.Id), new { user = new { enabled = false } }));

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(status, (await delegations.UseTrustAsync(trustee, id)).Status);
    }

    [Fact]
    public async Task The_trustors_new_password_kills_the_tokens_and_not_the_trust()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee);
        var token = await delegations.TrustTokenAsync(trustee, id);

        await api.PostAsync($"/v3/users/{trustor.Id}/password", new { user = new { original_password = Person.Password, password = "another" } }, "");

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(200, (await api.ValidateAsync(await delegations.TrustTokenAsync(trustee, id))).Status);
    }

    [Fact]
    public async Task The_trustors_domain_counts()
    {
        var trustee = await delegations.NewPersonAsync();
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("dom") });
        var trustor = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("u"), password = Person.Password, domain_id = domain });
        await api.PutAsync($"/v3/projects/{trustee.ProjectId}/users/{trustor}/roles/{await api.Keystone.FindIdAsync("roles", "member")}");
        var own = (await api.LogInAsync(new
        {
            identity = new { methods = new[] { "password" }, password = new { user = new { id = trustor, password = Person.Password } } },
            scope = new { project = new { id = trustee.ProjectId } },
        })).Headers["X-Subject-Token"];
        var id = await delegations.TrustIdAsync(trustee with { Id = trustor }, trustee, token: own);
        var token = await delegations.TrustTokenAsync(trustee, id);

        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });

        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(403, (await delegations.UseTrustAsync(trustee, id)).Status);
    }
}
