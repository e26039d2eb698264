// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Tests.Trusts;

namespace Meridian.Identity.Tests.Ec2;

/// <summary>Credentials that a delegation made buy tokens of that delegation, never more (OSSA-2013-032, OSSA-2020-004).</summary>
public sealed class Ec2DelegationTests(Ec2Api api) : IClassFixture<Ec2Api>
{
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, object?> Unrestricted = new() { ["unrestricted"] = true, ["roles"] = new[] { new { name = "member" } } };

    private readonly Delegations delegations = new(api);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ossa_2020_004_a_key_pair_made_with_a_trust_buys_tokens_of_the_trust(bool impersonation)
    {
        var (trustor, trustee, trust, token) = await TrustAsync(impersonation);
        var user = impersonation ? trustor : trustee;

        var made = await api.PostAsync(Path(user), new { tenant_id = trustor.ProjectId }, token);
        var bought = await BuyAsync(made["credential"]);

        Assert.Equal(trust, made["credential"].GetProperty("trust_id").GetString());
        Assert.Equal(trust, bought["token"].GetProperty("OS-TRUST:trust").GetProperty("id").GetString());
        Assert.Equal(user.Id, bought["token"].GetProperty("user").GetProperty("id").GetString());
        Assert.Equal("member reader", Delegations.Roles(bought["token"]));
        Assert.Equal("member reader", Delegations.Roles((await api.ValidateAsync(bought.Headers["X-Subject-Token"]))["token"]));
    }

    [Fact]
    public async Task Ossa_2020_004_a_credential_made_with_a_trust_is_bound_to_it_whatever_its_blob_says()
    {
        var (trustor, _, trust, token) = await TrustAsync(impersonation: true);
        var access = IdentityApi.Unique("ak");

        var made = await DepositAsync(trustor, trustor.ProjectId, new { access, secret = "s", trust_id = (string?)null }, token);

        Assert.Equal(trust, Blob(made["credential"]).GetProperty("trust_id").GetString());
        Assert.Equal(trust, (await BuyAsync(Blob(made["credential"])))["token"].GetProperty("OS-TRUST:trust").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Ossa_2020_004_a_credential_that_turns_into_a_key_pair_is_bound_too()
    {
        var (trustor, _, trust, token) = await TrustAsync(impersonation: true);
        var access = IdentityApi.Unique("ak");
        var made = await api.PostAsync(
            "/v3/credentials", new { credential = new { type = "cert", blob = "x", user_id = trustor.Id, project_id = trustor.ProjectId } }, token);

        var turned = await api.PatchAsync(
            "/v3/credentials/" + Delegations.Id(made["credential"]), new { credential = new { type = "ec2", blob = $$"""{"access": "{{access}}", "secret": "s"}""" } }, token);

        Assert.Equal(trust, Blob(turned["credential"]).GetProperty("trust_id").GetString());
    }

    [Fact]
    public async Task A_key_pair_of_a_trust_ends_with_it()
    {
        var (trustor, _, trust, token) = await TrustAsync(impersonation: true);
        var pair = (await api.PostAsync(Path(trustor), new { tenant_id = trustor.ProjectId }, token))["credential"];
        Assert.Equal(200, (await BuyAsync(pair)).Status);

        await api.DeleteAsync("/v3/OS-TRUST/trusts/" + trust, trustor.Token);

        Assert.Equal(401, (await BuyAsync(pair)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trust_between_others_is_not_taken_up_by_its_id_in_a_blob(bool impersonation)
    {
        var (_, _, trust, _) = await TrustAsync(impersonation);
        var stranger = await delegations.NewPersonAsync();

        var made = await DepositAsync(stranger, stranger.ProjectId, new { access = IdentityApi.Unique("ak"), secret = "s", trust_id = trust }, stranger.Token);

        Assert.Equal(201, made.Status);
        Assert.Equal(401, (await BuyAsync(Blob(made["credential"]))).Status);
    }

    [Theory]
    [InlineData("trust_id")]
    [InlineData("app_cred_id")]
    [InlineData("access_token_id")]
    public async Task A_delegation_that_is_not_there_buys_nothing(string bound)
    {
        var person = await delegations.NewPersonAsync();
        var blob = new Dictionary<string, string> { ["access"] = IdentityApi.Unique("ak"), ["secret"] = "s", [bound] = "nosuch" };

        var made = await DepositAsync(person, person.ProjectId, blob, person.Token);

        Assert.Equal(401, (await BuyAsync(Blob(made["credential"]))).Status);
    }

    [Fact]
    public async Task Ossa_2020_004_a_key_pair_made_with_an_unrestricted_application_credential_buys_tokens_of_it()
    {
        var person = await delegations.NewPersonAsync("member", "admin");
        var (id, token) = await delegations.ApplicationTokenAsync(person, Unrestricted);

        var own = await BuyAsync((await api.PostAsync(Path(person), new { tenant_id = person.ProjectId }, token))["credential"]);
        var deposited = await BuyAsync(Blob((await DepositAsync(person, person.ProjectId, new { access = IdentityApi.Unique("ak"), secret = "s" }, token))["credential"]));

        foreach (var bought in new[] { own, deposited })
        {
            Assert.Equal(200, bought.Status);
            Assert.Equal(id, bought["token"].GetProperty("application_credential").GetProperty("id").GetString());
            Assert.Equal("member reader", Delegations.Roles(bought["token"]));
        }
    }

    [Fact]
    public async Task Ossa_2026_005_a_restricted_application_credential_makes_no_key_pair()
    {
        var person = await delegations.NewPersonAsync();
        var (_, token) = await delegations.ApplicationTokenAsync(person);

        Assert.Equal(403, (await api.PostAsync(Path(person), new { tenant_id = person.ProjectId }, token)).Status);
        Assert.Equal(403, (await DepositAsync(person, person.ProjectId, new { access = IdentityApi.Unique("ak"), secret = "s" }, token)).Status);
    }

    [Fact]
    public async Task A_delegated_token_reaches_the_credentials_of_its_project_only()
    {
        var (trustor, _, _, token) = await TrustAsync(impersonation: true);
        var (_, other) = await api.Keystone.CreateUserAsync(IdentityApi.Unique("u"), "pw", IdentityApi.Unique("p"));
        var seed = Delegations.Id((await api.PostAsync("/v3/credentials", new { credential = new { type = "totp", blob = "x", user_id = trustor.Id } }, trustor.Token))["credential"]);
        var inside = Delegations.Id((await DepositAsync(trustor, trustor.ProjectId, new { access = IdentityApi.Unique("ak") }, trustor.Token))["credential"]);
        var outside = (await api.PostAsync(Path(trustor), new { tenant_id = other }, trustor.Token))["credential"].GetProperty("access").GetString();

        Assert.Equal(inside, Delegations.Id(Assert.Single((await api.GetAsync("/v3/credentials", token))["credentials"].EnumerateArray())));
        Assert.Equal(200, (await api.GetAsync("/v3/credentials/" + inside, token)).Status);
        Assert.Equal(403, (await api.GetAsync("/v3/credentials/" + seed, token)).Status);
        Assert.Equal(403, (await api.DeleteAsync("/v3/credentials/" + seed, token)).Status);
        Assert.Equal(403, (await api.PatchAsync("/v3/credentials/" + seed, new { credential = new { blob = "mine" } }, token)).Status);
        Assert.Equal(403, (await api.PostAsync("/v3/credentials", new { credential = new { type = "totp", blob = "x", user_id = trustor.Id } }, token)).Status);
        Assert.Equal(403, (await api.PostAsync(Path(trustor), new { tenant_id = other }, token)).Status);
        Assert.Equal(403, (await api.GetAsync($"{Path(trustor)}/{outside}", token)).Status);
        Assert.Equal(403, (await api.DeleteAsync($"{Path(trustor)}/{outside}", token)).Status);
        Assert.DoesNotContain(outside!, (await api.GetAsync(Path(trustor), token)).Text, StringComparison.Ordinal);
    }

    private async Task<(Person Trustor, Person Trustee, string Trust, string Token)> TrustAsync(bool impersonation)
    {
        // The trustor has more than he delegates.
        var (trustor, trustee) = (await delegations.NewPersonAsync("member", "admin"), await delegations.NewPersonAsync());
        var trust = await delegations.TrustIdAsync(trustor, trustee, new Dictionary<string, object?> { ["impersonation"] = impersonation });
        return (trustor, trustee, trust, await delegations.TrustTokenAsync(trustee, trust));
    }

    private Task<ApiAnswer> DepositAsync(Person owner, string projectId, object blob, string token) => api.PostAsync(
        "/v3/credentials", new { credential = new { type = "ec2", blob = JsonSerializer.Serialize(blob), user_id = owner.Id, project_id = projectId } }, token);

    /// <param name="pair">Holds <c>access</c> and <c>secret</c>.</param>
    private Task<ApiAnswer> BuyAsync(JsonElement pair) =>
        api.SignedAsync(Ec2Calls.Version4(pair.GetProperty("access").GetString()!, pair.GetProperty("secret").GetString()!, Time));

    private static JsonElement Blob(JsonElement credential) => JsonSerializer.Deserialize<JsonElement>(credential.GetProperty("blob").GetString()!);

    private static string Path(Person person) => $"/v3/users/{person.Id}/credentials/OS-EC2";
}
