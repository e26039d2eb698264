// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tests.ApplicationCredentials;
using Meridian.Identity.Tests.Trusts;

namespace Meridian.Identity.Tests.Security;

/// <summary>What delegated tokens once could and must not; each test is named after the advisory.</summary>
public sealed class DelegationAdvisoriesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private static readonly Dictionary<string, object?> Impersonating = new() { ["impersonation"] = true };
    private static readonly Dictionary<string, object?> Unrestricted = new() { ["unrestricted"] = true };

    private readonly Delegations delegations = new(api);

    [Theory]
    [InlineData("trust")]
    [InlineData("application credential")]
    public async Task Ossa_2012_010_a_delegated_token_buys_no_longer_life(string kind)
    {
        var (person, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        if (kind == "trust")
        {
            // A trust is taken up with a token that ends; what comes of it ends with that one.
            var id = await delegations.TrustIdAsync(person, trustee);
            var before = (await api.ValidateAsync(trustee.Token))["token"].GetProperty("expires_at").GetString();
            var answer = await api.RescopeAsync(trustee.Token, new Dictionary<string, object> { ["OS-TRUST:trust"] = new { id } });
            Assert.Equal(before, answer["token"].GetProperty("expires_at").GetString());
            Assert.Equal(403, (await api.RescopeAsync(answer.Headers["X-Subject-Token"], null)).Status);
            return;
        }

        var (_, token) = await delegations.ApplicationTokenAsync(person);
        var expires = (await api.ValidateAsync(token))["token"].GetProperty("expires_at").GetString();
        for (var i = 0; i < 50; i++)
        {
            var answer = await api.RescopeAsync(token, null);
            Assert.Equal(expires, answer["token"].GetProperty("expires_at").GetString());
            token = answer.Headers["X-Subject-Token"];
        }
    }

    [Fact]
    public async Task Ossa_2013_032_a_trusts_token_of_the_trustee_has_the_trusts_roles_only()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync("admin"), await delegations.NewPersonAsync("admin"));
        await api.PutAsync($"/v3/projects/{trustor.ProjectId}/users/{trustee.Id}/roles/{await api.Keystone.FindIdAsync("roles", "admin")}");

        var token = await delegations.TrustTokenAsync(trustee, await delegations.TrustIdAsync(trustor, trustee, Impersonating));

        Assert.Equal("member reader", Delegations.Roles((await api.ValidateAsync(token))["token"]));
        Assert.Equal(403, (await api.GetAsync("/v3/users", token)).Status);
    }

    [Theory]
    [InlineData("project")]
    [InlineData("other project")]
    [InlineData("domain")]
    [InlineData("system")]
    [InlineData("unscoped")]
    [InlineData("nothing")]
    public async Task Ossa_2014_018_a_trusts_token_buys_no_other(string scope)
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync("admin"), await delegations.NewPersonAsync());
        await api.PutAsync($"/v3/system/users/{trustor.Id}/roles/{await api.Keystone.FindIdAsync("roles", "admin")}");
        var token = await delegations.TrustTokenAsync(trustee, await delegations.TrustIdAsync(trustor, trustee, Impersonating));

        Assert.Equal(403, (await api.RescopeAsync(token, Scope(scope, trustor, trustee))).Status);
    }

    [Fact]
    public async Task Ossa_2014_018_a_trusts_token_takes_up_no_other_trust()
    {
        var (trustor, trustee, third) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var other = await delegations.TrustIdAsync(third, trustor);
        var token = await delegations.TrustTokenAsync(trustee, await delegations.TrustIdAsync(trustor, trustee, Impersonating));

        Assert.Equal(403, (await api.RescopeAsync(token, new Dictionary<string, object> { ["OS-TRUST:trust"] = new { id = other } })).Status);
    }

    [Fact]
    public async Task Ossa_2014_018_an_impersonating_token_makes_no_trust_of_the_trustors()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync("admin"), await delegations.NewPersonAsync());
        var token = await delegations.TrustTokenAsync(trustee, await delegations.TrustIdAsync(trustor, trustee, Impersonating));

        foreach (var role in new[] { "member", "admin" })
        {
            Assert.Equal(403, (await delegations.TrustAsync(trustor, trustee, new Dictionary<string, object?>(Impersonating) { ["roles"] = new[] { new { name = role } } }, token)).Status);
        }
    }

    [Fact]
    public async Task Ossa_2014_018_a_trust_is_not_hung_below_another_ones_by_its_body()
    {
        var (admin, member, trustee) = (await delegations.NewPersonAsync("admin"), await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var rich = await delegations.TrustIdAsync(admin, member, new Dictionary<string, object?>
        {
            ["impersonation"] = true, ["allow_redelegation"] = true, ["roles"] = new[] { new { name = "admin" } },
        });

        var answer = await delegations.TrustAsync(member, trustee, new Dictionary<string, object?>
        {
            ["redelegated_trust_id"] = rich, ["project_id"] = admin.ProjectId, ["roles"] = new[] { new { name = "admin" } },
        });

        Assert.Equal(403, answer.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ossa_2014_022_an_application_credential_makes_no_trust(bool unrestricted)
    {
        var (person, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var trust = await delegations.TrustIdAsync(person, trustee);
        var (_, token) = await delegations.ApplicationTokenAsync(person, unrestricted ? Unrestricted : null);
        var path = "/v3/OS-TRUST/trusts/" + trust;

        var made = await delegations.TrustAsync(person, trustee, null, token);

        Assert.Equal(403, made.Status);
        Assert.Equal("You are not authorized to perform the requested action: Using method 'application_credential' is not allowed for managing trusts..", made.Message);
        Assert.Equal(403, (await api.GetAsync("/v3/OS-TRUST/trusts?trustor_user_id=" + person.Id, token)).Status);
        Assert.Equal(403, (await api.GetAsync(path, token)).Status);
        Assert.Equal(403, (await api.GetAsync(path + "/roles", token)).Status);
        Assert.Equal(403, (await api.DeleteAsync(path, token)).Status);
        Assert.Equal(200, (await api.GetAsync(path, person.Token)).Status);
    }

    [Fact]
    public async Task Ossa_2020_004_a_trusts_token_is_not_made_to_last()
    {
        var (trustor, trustee) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        var own = (await delegations.ApplicationCredentialAsync(trustor, AccessRulesTests.Rules("/a")))["application_credential"];
        var token = await delegations.TrustTokenAsync(trustee, await delegations.TrustIdAsync(trustor, trustee, Impersonating));
        var user = "/v3/users/" + trustor.Id;
        var rule = $"{user}/access_rules/{Delegations.Id(own.GetProperty("access_rules")[0])}";
        var credential = $"{user}/application_credentials/{Delegations.Id(own)}";

        Assert.Equal(403, (await delegations.ApplicationCredentialAsync(trustor, null, token)).Status);
        foreach (var path in new[] { user + "/application_credentials", credential, user + "/access_rules", rule })
        {
            Assert.Equal(403, (await api.GetAsync(path, token)).Status);
        }

        Assert.Equal(403, (await api.DeleteAsync(credential, token)).Status);
        Assert.Equal(403, (await api.DeleteAsync(rule, token)).Status);
    }

    [Fact]
    public async Task Ossa_2020_005_what_is_bought_keeps_the_credentials_roles_and_bounds()
    {
        var person = await delegations.NewPersonAsync("admin");
        var elsewhere = await delegations.NewPersonAsync();
        await api.PutAsync($"/v3/projects/{elsewhere.ProjectId}/users/{person.Id}/roles/{await api.Keystone.FindIdAsync("roles", "admin")}");
        await api.PatchAsync("/v3/users/" + person.Id, new { user = new { default_project_id = elsewhere.ProjectId } });
        var (id, token) = await delegations.ApplicationTokenAsync(person, new Dictionary<string, object?> { ["roles"] = new[] { new { name = "reader" } } });

        var bought = (await api.RescopeAsync(token, null))["token"];

        Assert.Equal(person.ProjectId, bought.GetProperty("project").GetProperty("id").GetString());
        Assert.Equal("reader", Delegations.Roles(bought));
        Assert.Equal(id, Delegations.Id(bought.GetProperty("application_credential")));
    }

    [Theory]
    [InlineData("project")]
    [InlineData("other project")]
    [InlineData("domain")]
    [InlineData("system")]
    [InlineData("unscoped")]
    public async Task Ossa_2026_005_an_application_credentials_token_changes_no_scope(string scope)
    {
        var (person, other) = (await delegations.NewPersonAsync(), await delegations.NewPersonAsync());
        await api.PutAsync($"/v3/system/users/{person.Id}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");
        var (_, token) = await delegations.ApplicationTokenAsync(person, Unrestricted);

        Assert.Equal(403, (await api.RescopeAsync(token, Scope(scope, person, other))).Status);
    }

    [Fact]
    public async Task Ossa_2026_005_a_restricted_application_credential_makes_and_deletes_no_credentials()
    {
        var person = await delegations.NewPersonAsync();
        var (id, token) = await delegations.ApplicationTokenAsync(person);

        var made = await delegations.ApplicationCredentialAsync(person, null, token);

        Assert.Equal(403, made.Status);
        Assert.Equal("You are not authorized to perform the requested action: Using method 'application_credential' is not allowed for managing additional application credentials..", made.Message);
        Assert.Equal(403, (await api.DeleteAsync($"/v3/users/{person.Id}/application_credentials/{id}", token)).Status);
        Assert.Equal(200, (await api.GetAsync($"/v3/users/{person.Id}/application_credentials/{id}", token)).Status);

        // What is bought with its token is as restricted.
        var bought = (await api.RescopeAsync(token, null)).Headers["X-Subject-Token"];
        Assert.Equal(403, (await delegations.ApplicationCredentialAsync(person, null, bought)).Status);
    }

    [Fact]
    public async Task Ossa_2026_005_an_unrestricted_one_gives_no_more_than_it_has()
    {
        var person = await delegations.NewPersonAsync("manager");
        var (_, token) = await delegations.ApplicationTokenAsync(person, new Dictionary<string, object?>(Unrestricted) { ["roles"] = new[] { new { name = "reader" } } });

        var same = await delegations.ApplicationCredentialAsync(person, null, token);
        var more = await delegations.ApplicationCredentialAsync(person, new Dictionary<string, object?> { ["roles"] = new[] { new { name = "manager" } } }, token);

        Assert.Equal("reader", Delegations.Roles(same["application_credential"]));
        Assert.Equal(400, more.Status);
    }

    private static object? Scope(string kind, Person person, Person other) => kind switch
    {
        "project" => new { project = new { id = person.ProjectId } },
        "other project" => new { project = new { id = other.ProjectId } },
        "domain" => new { domain = new { id = "default" } },
        "system" => new { system = new { all = true } },
        "unscoped" => "unscoped",
        _ => null,
    };
}
