// SPDX-License-Identifier: Apache-2.0
using System.Net.Http.Json;
using System.Text.Json;

using Meridian.Identity.Tests.Users;
using Meridian.Identity.Tokens;
using Meridian.Identity.Tokens.Receipts;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Tokens.Receipts;

/// <summary>Multi-factor rules of users and the receipts for what is passed of them; the second factor here is a token.</summary>
public sealed class ReceiptsTests(ReceiptsTests.Api api) : IClassFixture<ReceiptsTests.Api>
{
    private const string Header = "Openstack-Auth-Receipt";

    private static readonly string[][] Both = [["password", "token"]];

    [Fact]
    public async Task A_log_in_that_lacks_a_method_gets_a_receipt_that_says_what_is_required()
    {
        var (name, id, _) = await NewUserAsync(Both);

        var answer = await api.LogInAsync(name, "right");

        var receipt = answer["receipt"];
        Assert.Equal(401, answer.Status);
        Assert.True(answer.Headers.ContainsKey(Header));
        Assert.False(answer.Headers.ContainsKey("X-Subject-Token"));
        Assert.Equal(["password"], Texts(receipt.GetProperty("methods")));
        Assert.Equal(id, receipt.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(name, receipt.GetProperty("user").GetProperty("name").GetString());
        Assert.Equal("default", receipt.GetProperty("user").GetProperty("domain").GetProperty("id").GetString());
        Assert.Equal("Default", receipt.GetProperty("user").GetProperty("domain").GetProperty("name").GetString());
        Assert.Equal("[[\"password\",\"token\"]]", JsonSerializer.Serialize(answer["required_auth_methods"]));
        var (issued, expires) = (receipt.GetProperty("issued_at").GetDateTimeOffset(), receipt.GetProperty("expires_at").GetDateTimeOffset());
        Assert.Equal(TimeSpan.FromSeconds(300), expires - issued);
        Assert.EndsWith(".000000Z", receipt.GetProperty("expires_at").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_receipt_and_the_missing_method_make_a_token_of_both()
    {
        var (name, _, token) = await NewUserAsync(Both);
        var receipt = (await api.LogInAsync(name, "right")).Headers[Header];

        var answer = await WithReceiptAsync(receipt, TokenIdentity(token));

        Assert.Equal(201, answer.Status);
        Assert.Equal(["password", "token"], Texts(answer["token"].GetProperty("methods")).Order());
        Assert.Equal(201, (await api.RescopeAsync(answer.Headers["X-Subject-Token"], "unscoped")).Status);
    }

    [Fact]
    public async Task Both_methods_at_once_need_no_receipt()
    {
        var (name, _, token) = await NewUserAsync(Both);

        var answer = await api.LogInAsync(new
        {
            identity = new
            {
                methods = new[] { "password", "token" },
                password = new { user = new { name, domain = new { id = "default" }, password = "right" } },
                token = new { id = token },
            },
        });

        Assert.Equal(201, answer.Status);
    }

    [Theory]
    [InlineData("[[\"password\"]]", 201)]
    [InlineData("[[\"password\", \"token\"], [\"password\"]]", 201)]
    [InlineData("[[\"password\", \"kerberos\"]]", 201)]
    [InlineData("[[\"kerberos\"]]", 201)]
    [InlineData("[]", 201)]
    [InlineData("[[\"token\"]]", 401)]
    [InlineData("[[\"kerberos\"], [\"token\", \"password\"]]", 401)]
    public async Task One_rule_must_be_met_by_methods_that_are_served(string rules, int status)
    {
        var (name, id, _) = await NewUserAsync([]);
        await api.PatchAsync("/v3/users/" + id, "{\"user\": {\"options\": {\"multi_factor_auth_rules\": " + rules + "}}}");

        Assert.Equal(status, (await api.LogInAsync(name, "right")).Status);
    }

    [Fact]
    public async Task Only_rules_that_what_was_passed_belongs_to_are_required()
    {
        var (name, _, _) = await NewUserAsync([["password", "token"], ["token"]]);

        var answer = await api.LogInAsync(name, "right");

        Assert.Equal("[[\"password\",\"token\"]]", JsonSerializer.Serialize(answer["required_auth_methods"]));
    }

    [Fact]
    public async Task Rules_that_are_disabled_are_not_asked()
    {
        var (name, id, _) = await NewUserAsync(Both);

        await api.UpdateAsync(id, new { options = new { multi_factor_auth_enabled = false } });

        Assert.Equal(201, (await api.LogInAsync(name, "right")).Status);
    }

    [Fact]
    public async Task A_wrong_password_gets_the_401_of_everybody_and_no_receipt()
    {
        var (name, _, _) = await NewUserAsync(Both);

        var wrong = await api.LogInAsync(name, "wrong");
        var unknown = await api.LogInAsync(IdentityApi.Unique("nobody"), "wrong");

        Assert.Equal(unknown.Text, wrong.Text);
        Assert.False(wrong.Headers.ContainsKey(Header));
    }

    [Fact]
    public async Task A_receipt_ends_when_it_says()
    {
        var (name, _, token) = await NewUserAsync(Both);
        var receipt = (await api.LogInAsync(name, "right")).Headers[Header];

        api.Time.Advance(TimeSpan.FromSeconds(301));
        var answer = await WithReceiptAsync(receipt, TokenIdentity(token));

        Assert.Equal(401, answer.Status);
        Assert.Equal($"Could not find auth receipt: {receipt}.", answer.Message);
    }

    [Fact]
    public async Task Somebody_elses_receipt_a_forged_one_and_a_token_are_none()
    {
        var (other, _, _) = await NewUserAsync(Both);
        var (name, _, token) = await NewUserAsync(Both);
        var foreign = (await api.LogInAsync(other, "right")).Headers[Header];
        var own = (await api.LogInAsync(name, "right")).Headers[Header];
        var forged = own[..^8] + (own[^8] == 'A' ? 'B' : 'A') + own[^7..];

        foreach (var receipt in new[] { foreign, forged, token, "garbage" })
        {
            Assert.Equal(401, (await WithReceiptAsync(receipt, TokenIdentity(token))).Status);
        }
    }

    [Fact]
    public async Task A_receipt_is_no_token()
    {
        var (name, _, _) = await NewUserAsync(Both);
        var receipt = (await api.LogInAsync(name, "right")).Headers[Header];

        Assert.Equal(401, (await api.GetAsync("/v3/auth/projects", receipt)).Status);
        Assert.Equal(404, (await api.ValidateAsync(receipt)).Status);
    }

    [Fact]
    public void A_receipts_payload_has_keystones_form()
    {
        var format = new TokenFormat(["external", "password", "token"], "default");
        var receipt = new Receipt("00112233445566778899aabbccddeeff", ["token", "password"], DateTimeOffset.UnixEpoch, DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

        var bytes = format.Write(receipt);

        // What msgpack packs of ((True, user), 2 + 4, float(expires)).
        Assert.Equal("9392c3c41000112233445566778899aabbccddeeff06cb41dad27480000000", Convert.ToHexStringLower(bytes));
        Assert.Equivalent(receipt, format.ReadReceipt(bytes, DateTimeOffset.UnixEpoch));
        Assert.Throws<FormatException>(() => format.Read(bytes, DateTimeOffset.UnixEpoch));
        Assert.Throws<FormatException>(() => format.ReadReceipt(bytes.AsSpan(0, 8), DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task Receipts_outlive_a_rotation_of_their_keys()
    {
        var (name, _, token) = await NewUserAsync(Both);
        var receipt = (await api.LogInAsync(name, "right")).Headers[Header];

        ReceiptOptions.Repository(api.Keystone.Service.Host.Services.GetRequiredService<Meridian.Platform.Config.ServiceConfig>()).Rotate();

        Assert.Equal(201, (await WithReceiptAsync(receipt, TokenIdentity(token))).Status);
    }

    /// <returns>With a token of the time before there were rules.</returns>
    private async Task<(string Name, string Id, string Token)> NewUserAsync(string[][] rules)
    {
        var (name, id) = await api.NewUserAsync("right");
        var token = (await api.LogInAsync(name, "right")).Headers["X-Subject-Token"];
        await api.UpdateAsync(id, new { options = new { multi_factor_auth_rules = rules } });

        // That token has the methods of a password: it must not be what is presented, or one of the two would not be missing.
        var bare = api.Keystone.Service.Host.Services.GetRequiredService<TokenCodec>();
        var payload = bare.Decode(token)! with { Methods = ["token"] };
        return (name, id, bare.Encode(payload, payload.IssuedAt));
    }

    private static object TokenIdentity(string token) => new { methods = new[] { "token" }, token = new { id = token } };

    private async Task<ApiAnswer> WithReceiptAsync(string receipt, object identity)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v3/auth/tokens") { Content = JsonContent.Create(new { auth = new { identity } }) };
        request.Headers.TryAddWithoutValidation(Header, receipt);
        using var response = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(
            (int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text),
            response.Headers.ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase), text);
    }

    private static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(t => t.GetString());

    public sealed class Api() : AccountApi("");
}
