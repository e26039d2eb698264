// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Identity.Tests.Users;

namespace Meridian.Identity.Tests.Tokens.Methods;

/// <summary>Log-ins with passcodes of credentials of type <c>totp</c>.</summary>
public sealed class TotpLogInTests(TotpLogInTests.Api api) : IClassFixture<TotpLogInTests.Api>
{
    private const string Secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    private const string OtherSecret = "MZXW6YTBOJRGC6R2MZXW6YTBOJRGC6R2";

    [Fact]
    public async Task A_passcode_buys_a_token()
    {
        var (name, id) = await NewUserAsync();

        var byName = await api.LogInAsync(new { identity = Totp(new { name, domain = new { id = "default" }, passcode = Passcode() }) });
        var byId = await api.LogInAsync(new { identity = Totp(new { id, passcode = Passcode() }) });

        Assert.Equal(201, byName.Status);
        Assert.Equal(201, byId.Status);
        Assert.Equal(["totp"], byId["token"].GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
    }

    [Fact]
    public async Task Any_of_several_secrets_will_do_and_a_broken_one_does_not_hinder()
    {
        var (_, id) = await NewUserAsync();
        await AddSecretAsync(id, "this is no base32");
        await AddSecretAsync(id, OtherSecret);

        Assert.Equal(201, (await api.LogInAsync(new { identity = Totp(new { id, passcode = Passcode(OtherSecret) }) })).Status);
        Assert.Equal(201, (await api.LogInAsync(new { identity = Totp(new { id, passcode = Passcode() }) })).Status);
    }

    [Theory]
    [InlineData(0, 201)]
    [InlineData(1, 201)]
    [InlineData(2, 401)]
    [InlineData(-1, 401)]
    public async Task The_previous_window_counts_and_no_other(int windowsAgo, int status)
    {
        var (_, id) = await NewUserAsync();

        Assert.Equal(status, (await api.LogInAsync(new { identity = Totp(new { id, passcode = Passcode(windowsAgo: windowsAgo) }) })).Status);
    }

    [Fact]
    public async Task Ossa_2021_003_unknown_wrong_disabled_and_without_secret_look_the_same()
    {
        var (name, id) = await NewUserAsync();
        var (bare, _) = await api.NewUserAsync("right");
        var wrong = await LogInAsync(name, "000000");
        var answers = new List<ApiAnswer> { await LogInAsync(IdentityApi.Unique("nobody"), Passcode()), await LogInAsync(bare, Passcode()), await LogInAsync(name, null) };
        await api.UpdateAsync(id, new { enabled = false });
        answers.Add(await LogInAsync(name, Passcode()));

        Assert.Equal(401, wrong.Status);
        Assert.All(answers, answer => Assert.Equal(wrong.Text, answer.Text));
    }

    [Fact]
    public async Task A_password_then_a_passcode_pass_a_rule_of_both()
    {
        var (name, id) = await NewUserAsync();
        await api.UpdateAsync(id, new { options = new { multi_factor_auth_rules = new[] { new[] { "password", "totp" } } } });

        var first = await api.LogInAsync(name, "right");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v3/auth/tokens")
        {
            Content = JsonContent.Create(new { auth = new { identity = Totp(new { id, passcode = Passcode() }) } }),
        };
        request.Headers.Add("Openstack-Auth-Receipt", first.Headers["Openstack-Auth-Receipt"]);
        using var second = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var token = await second.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.Equal(401, first.Status);
        Assert.Equal(201, (int)second.StatusCode);
        Assert.Equal(["password", "totp"], token.GetProperty("token").GetProperty("methods").EnumerateArray().Select(m => m.GetString()).Order());
        Assert.Equal(401, (await api.LogInAsync(new { identity = Totp(new { id, passcode = Passcode() }) })).Status);
    }

    [Fact]
    public async Task Another_users_passcode_is_worth_nothing()
    {
        var (_, id) = await NewUserAsync();
        var (_, other) = await api.NewUserAsync("right");
        await AddSecretAsync(other, OtherSecret);

        Assert.Equal(401, (await api.LogInAsync(new { identity = Totp(new { id, passcode = Passcode(OtherSecret) }) })).Status);
    }

    [Theory]
    [InlineData("{\"methods\": [\"totp\"]}", "Expecting to find totp in identity")]
    [InlineData("{\"methods\": [\"totp\"], \"totp\": {}}", "Expecting to find user in totp")]
    [InlineData("{\"methods\": [\"totp\"], \"totp\": {\"user\": {\"passcode\": \"000000\"}}}", "Expecting to find id or name in user")]
    [InlineData("{\"methods\": [\"totp\"], \"totp\": {\"user\": {\"name\": \"x\", \"passcode\": \"000000\"}}}", "Expecting to find domain in user")]
    [InlineData("{\"methods\": [\"totp\"], \"totp\": {\"user\": {\"id\": \"x\", \"passcode\": 0}}}", "'passcode'")]
    public async Task A_bad_body_is_400_and_names_what_is_missing(string identity, string message)
    {
        var answer = await api.SendAsync(HttpMethod.Post, "/v3/auth/tokens", "{\"auth\": {\"identity\": " + identity + "}}", "");

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    private async Task<(string Name, string Id)> NewUserAsync()
    {
        var user = await api.NewUserAsync("right");
        await AddSecretAsync(user.Id, Secret);
        return user;
    }

    private Task AddSecretAsync(string userId, string blob) => api.Keystone.CreateAsync("credential", new { type = "totp", blob, user_id = userId });

    private Task<ApiAnswer> LogInAsync(string name, string? passcode) => api.LogInAsync(new { identity = Totp(new { name, domain = new { id = "default" }, passcode }) });

    private string Passcode(string secret = Secret, int windowsAgo = 0) =>
        Identity.Tokens.Methods.Totp.Compute(Identity.Tokens.Methods.Totp.Decode(secret)!, api.Time.GetUtcNow().ToUnixTimeSeconds() / Identity.Tokens.Methods.Totp.WindowSeconds - windowsAgo);

    private static object Totp(object user) => new { methods = new[] { "totp" }, totp = new { user } };

    public sealed class Api() : AccountApi("[auth]\nmethods = external,password,token,totp");
}
