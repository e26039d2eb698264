// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Trusts;

public sealed class TrustsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private readonly Delegations delegations = new(api);

    [Fact]
    public async Task Create_answers_the_trust_with_its_roles()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        var answer = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?>
        {
            ["expires_at"] = "2099-01-31T12:00:00.123456Z", ["remaining_uses"] = 3, ["impersonation"] = true, ["colour"] = "blue",
        });

        Assert.Equal(201, answer.Status);
        var trust = answer["trust"];
        Assert.Equal(trustor.Id, trust.GetProperty("trustor_user_id").GetString());
        Assert.Equal(trustee.Id, trust.GetProperty("trustee_user_id").GetString());
        Assert.Equal(trustor.ProjectId, trust.GetProperty("project_id").GetString());
        Assert.True(trust.GetProperty("impersonation").GetBoolean());
        Assert.Equal("2099-01-31T12:00:00.000000Z", trust.GetProperty("expires_at").GetString());
        Assert.Equal(3, trust.GetProperty("remaining_uses").GetInt32());
        Assert.Equal(0, trust.GetProperty("redelegation_count").GetInt32());
        Assert.Equal(JsonValueKind.Null, trust.GetProperty("redelegated_trust_id").ValueKind);
        Assert.Equal(JsonValueKind.Null, trust.GetProperty("deleted_at").ValueKind);
        Assert.Equal("blue", trust.GetProperty("colour").GetString());
        Assert.Equal("member", Delegations.Roles(trust));
        Assert.EndsWith("/v3/OS-TRUST/trusts/" + Delegations.Id(trust), trust.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("/roles", trust.GetProperty("roles_links").GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.Equal(trust.ToString(), (await api.GetAsync("/v3/OS-TRUST/trusts/" + Delegations.Id(trust), trustee.Token))["trust"].ToString());
    }

    [Theory]
    [InlineData("trustor_user_id", "null", "trustor_user_id")]
    [InlineData("trustee_user_id", "7", "trustee_user_id")]
    [InlineData("impersonation", "\"yes\"", "impersonation")]
    [InlineData("impersonation", "null", "impersonation")]
    [InlineData("project_id", "[]", "project_id")]
    [InlineData("remaining_uses", "0", "remaining_uses")]
    [InlineData("remaining_uses", "\"1\"", "remaining_uses")]
    [InlineData("remaining_uses", "1.5", "remaining_uses")]
    [InlineData("redelegation_count", "-1", "redelegation_count")]
    [InlineData("allow_redelegation", "1", "allow_redelegation")]
    [InlineData("expires_at", "\"bad\"", "Timestamp not in expected format")]
    [InlineData("expires_at", "\"\"", "Timestamp not in expected format")]
    [InlineData("expires_at", "\"Z\"", "Timestamp not in expected format")]
    [InlineData("expires_at", "\"2010-06-04T08:44:31.999999Z\"", "'expires_at' must not be before now")]
    [InlineData("roles", "{}", "roles")]
    [InlineData("roles", "[\"member\"]", "roles")]
    [InlineData("roles", "[{\"id\": \"a\", \"name\": \"b\"}]", "roles")]
    [InlineData("roles", "[{\"fake\": \"a\"}]", "roles")]
    [InlineData("roles", "[{\"id\": 7}]", "roles/id")]
    public async Task Create_with_a_bad_body_is_400(string field, string value, string told)
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        var answer = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { [field] = JsonSerializer.Deserialize<JsonElement>(value) });

        Assert.Equal(400, answer.Status);
        Assert.Contains(told, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trustor_user_id")]
    [InlineData("trustee_user_id")]
    [InlineData("impersonation")]
    public async Task Create_without_what_a_trust_needs_is_400(string field)
    {
        var answer = await api.PostAsync("/v3/OS-TRUST/trusts", new
        {
            trust = new Dictionary<string, object> { ["trustor_user_id"] = "a", ["trustee_user_id"] = "b", ["impersonation"] = false }.Where(p => p.Key != field).ToDictionary(),
        });

        Assert.Equal(400, answer.Status);
        Assert.Equal($"'{field}' is a required property", answer.Message);
    }

    [Fact]
    public async Task Create_names_what_does_not_exist()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        var user = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["trustee_user_id"] = "nobody" });
        var project = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["project_id"] = "nowhere" });
        var role = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = new[] { new { name = "nothing" } } });

        Assert.Equal((404, "Could not find user: nobody."), (user.Status, user.Message));
        Assert.Equal((404, "Could not find project: nowhere."), (project.Status, project.Message));
        Assert.Equal((404, "Role nothing is not defined"), (role.Status, role.Message));
    }

    [Fact]
    public async Task Create_with_a_name_that_two_roles_have_is_400()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("dom") });
        var name = IdentityApi.Unique("twice");
        await api.Keystone.CreateAsync("role", new { name });
        await api.Keystone.CreateAsync("role", new { name, domain_id = domain });

        var answer = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = new[] { new { name } } });

        Assert.Equal(400, answer.Status);
        Assert.Contains($"multiple role entities named '{name}'", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_gives_no_role_that_the_trustor_lacks()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var admin = await api.Keystone.FindIdAsync("roles", "admin");

        var answer = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = new[] { new { id = admin } } });

        Assert.Equal((404, $"Could not find role: {admin}."), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Create_gives_an_implied_role_and_an_inherited_one()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var role = await api.Keystone.CreateAsync("role", new { name = IdentityApi.Unique("inherited") });
        await api.PutAsync($"/v3/OS-INHERIT/domains/default/users/{trustor.Id}/roles/{role}/inherited_to_projects");

        var answer = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = new object[] { new { name = "reader" }, new { id = role } } });

        Assert.Equal(201, answer.Status);
        Assert.Equal(2, answer["trust"].GetProperty("roles").GetArrayLength());
    }

    [Fact]
    public async Task Create_for_a_project_without_roles_is_403_and_for_neither_is_not()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        var empty = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = Array.Empty<object>() });
        var unscoped = await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?> { ["roles"] = Array.Empty<object>(), ["project_id"] = null });

        Assert.Equal(403, empty.Status);
        Assert.Equal("You are not authorized to perform the requested action: At least one role should be specified.", empty.Message);
        Assert.Equal(201, unscoped.Status);
        Assert.Equal(JsonValueKind.Null, unscoped["trust"].GetProperty("project_id").ValueKind);
    }

    [Fact]
    public async Task Create_in_another_ones_name_is_403()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        Assert.Equal(403, (await delegations.TrustAsync(trustor, trustee, token: trustee.Token)).Status);
        Assert.Equal(403, (await delegations.TrustAsync(trustor, trustee, token: await api.Keystone.AdminTokenAsync())).Status);
    }

    [Fact]
    public async Task Create_twice_with_the_same_end_is_409()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var end = new Dictionary<string, object?> { ["expires_at"] = "2099-01-01T00:00:00Z" };
        await delegations.TrustIdAsync(trustor, trustee, end);

        Assert.Equal(409, (await delegations.TrustAsync(trustor, trustee, end)).Status);
        Assert.Equal(201, (await delegations.TrustAsync(trustor, trustee)).Status);
        Assert.Equal(201, (await delegations.TrustAsync(trustor, trustee)).Status);
    }

    [Fact]
    public async Task List_shows_a_users_own_and_everything_to_an_administrator()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var id = await delegations.TrustIdAsync(trustor, trustee);

        var asTrustor = await api.GetAsync("/v3/OS-TRUST/trusts?trustor_user_id=" + trustor.Id, trustor.Token);
        var asTrustee = await api.GetAsync("/v3/OS-TRUST/trusts?trustee_user_id=" + trustee.Id, trustee.Token);
        var all = await api.GetAsync("/v3/OS-TRUST/trusts");

        Assert.Equal(id, Delegations.Id(Assert.Single(asTrustor["trusts"].EnumerateArray())));
        Assert.Equal(id, Delegations.Id(Assert.Single(asTrustee["trusts"].EnumerateArray())));
        Assert.False(asTrustee["trusts"][0].TryGetProperty("roles", out _));
        Assert.Contains(all["trusts"].EnumerateArray(), t => Delegations.Id(t) == id);
        Assert.Empty((await api.GetAsync($"/v3/OS-TRUST/trusts?trustor_user_id={trustor.Id}&trustee_user_id={trustor.Id}", trustor.Token))["trusts"].EnumerateArray());
    }

    [Fact]
    public async Task List_of_others_trusts_is_403()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());

        Assert.Equal(403, (await api.GetAsync("/v3/OS-TRUST/trusts", trustor.Token)).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/OS-TRUST/trusts?trustor_user_id=" + trustor.Id, trustee.Token)).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/OS-TRUST/trusts?trustee_user_id=" + trustor.Id, trustee.Token)).Status);
    }

    [Fact]
    public async Task List_pages()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await delegations.TrustIdAsync(trustor, trustee));
        }

        var first = await api.GetAsync($"/v3/OS-TRUST/trusts?trustor_user_id={trustor.Id}&limit=2", trustor.Token);
        var rest = await api.GetAsync(new Uri(first["links"].GetProperty("next").GetString()!).PathAndQuery, trustor.Token);

        Assert.Equal(ids.Order(StringComparer.Ordinal), first["trusts"].EnumerateArray().Concat(rest["trusts"].EnumerateArray()).Select(Delegations.Id));
        Assert.Equal(2, first["trusts"].GetArrayLength());
    }

    [Fact]
    public async Task Show_is_for_the_two_and_for_administrators()
    {
        var (trustor, trustee, stranger) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var path = "/v3/OS-TRUST/trusts/" + await delegations.TrustIdAsync(trustor, trustee);

        Assert.Equal(200, (await api.GetAsync(path, trustor.Token)).Status);
        Assert.Equal(200, (await api.GetAsync(path, trustee.Token)).Status);
        Assert.Equal(200, (await api.GetAsync(path)).Status);
        Assert.Equal(403, (await api.GetAsync(path, stranger.Token)).Status);
        Assert.Equal(401, (await api.GetAsync(path, "")).Status);
        Assert.Equal((404, "Could not find trust: nothing."), (await api.GetAsync("/v3/OS-TRUST/trusts/nothing", stranger.Token)) is var a ? (a.Status, a.Message) : default);
    }

    [Fact]
    public async Task Roles_are_listed_shown_and_checked()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var path = $"/v3/OS-TRUST/trusts/{await delegations.TrustIdAsync(trustor, trustee)}/roles";
        var member = await api.Keystone.FindIdAsync("roles", "member");
        var admin = await api.Keystone.FindIdAsync("roles", "admin");

        var roles = await api.GetAsync(path, trustee.Token);
        Assert.Equal("member", Delegations.Roles(roles.Body));
        Assert.EndsWith(path, roles["links"].GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.Equal("member", (await api.GetAsync($"{path}/{member}", trustee.Token))["role"].GetProperty("name").GetString());
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Head, $"{path}/{member}", null, trustee.Token)).Status);
        Assert.Equal(404, (await api.SendAsync(HttpMethod.Head, $"{path}/{admin}", null, trustee.Token)).Status);
        Assert.Equal(403, (await api.GetAsync(path, (await delegations.NewPersonAsync()).Token)).Status);
    }

    [Fact]
    public async Task Delete_is_for_the_trustor()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var path = "/v3/OS-TRUST/trusts/" + await delegations.TrustIdAsync(trustor, trustee);

        Assert.Equal(403, (await api.DeleteAsync(path, trustee.Token)).Status);
        Assert.Equal(204, (await api.DeleteAsync(path, trustor.Token)).Status);
        Assert.Equal(404, (await api.GetAsync(path, trustor.Token)).Status);
        Assert.Equal(404, (await api.DeleteAsync(path, trustor.Token)).Status);
    }

    [Fact]
    public async Task A_trust_goes_with_its_trustor_its_trustee_or_its_project()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var (other, third) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var paths = new[]
        {
            await delegations.TrustIdAsync(trustor, third), await delegations.TrustIdAsync(third, trustee), await delegations.TrustIdAsync(other, third),
        }.Select(id => "/v3/OS-TRUST/trusts/" + id).ToList();

        await api.DeleteAsync("/v3/users/" + trustor.Id);
        await api.DeleteAsync("/v3/users/" + trustee.Id);
        await api.DeleteAsync("/v3/projects/" + other.ProjectId);

        foreach (var path in paths)
        {
            Assert.Equal(404, (await api.GetAsync(path)).Status);
        }

        Assert.Empty((await api.GetAsync("/v3/OS-TRUST/trusts?trustee_user_id=" + third.Id))["trusts"].EnumerateArray());
    }
}
