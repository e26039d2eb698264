// SPDX-License-Identifier: Apache-2.0
using System.Text;

using CsCheck;

namespace Meridian.Identity.Tests.Security;

/// <summary>OSSA-2026-001: what a client says of itself in headers counts for nothing, however it spells them.</summary>
public sealed class ForgedHeadersTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    private static readonly string[] Names =
    [
        "X-Roles", "X-Role", "X-User-Id", "X-User-Name", "X-User-Domain-Id", "X-Project-Id", "X-Project-Domain-Id", "X-Domain-Id", "X-Tenant-Id", "X-User", "X-Tenant",
        "X-Identity-Status", "X-Is-Admin-Project", "X-Service-Roles", "X-Service-Identity-Status", "X-Service-Token", "X-System-Scope", "OpenStack-System-Scope", "Openstack-Request-Id",
        "X-Forwarded-User", "Remote-User", "REMOTE_USER", "X-Remote-User", "X-Auth-Context", "X-Original-Method", "X-HTTP-Method-Override",
    ];

    private static readonly string[] Values = ["admin", "admin,service", "True", "true", "1", "all", "Confirmed", "default", "ADMIN_ID", "ADMIN_TOKEN", "GET", "POST"];

    private static readonly Gen<(string Name, string Value)[]> Headers = Gen.Select(Spelling(), Gen.Int[0, Values.Length - 1]).Select((name, value) => (name, Values[value])).Array[1, 6];

    [Theory]
    [InlineData("none", "GET", "/v3/users", 401)]
    [InlineData("garbage", "GET", "/v3/users", 401)]
    [InlineData("member", "GET", "/v3/users", 403)]
    [InlineData("member", "POST", "/v3/domains", 403)]
    [InlineData("member", "DELETE", "/v3/users/ADMIN_ID", 403)]
    [InlineData("member", "PUT", "/v3/system/users/OWN_ID/roles/ADMIN_ROLE", 403)]
    public async Task Ossa_2026_001_forged_identity_headers_change_no_answer(string who, string method, string path, int status)
    {
        var (id, _) = await api.Keystone.CreateUserAsync(IdentityApi.Unique("member"), "pw", "forgers", "member");
        var (admin, role) = ((await api.Keystone.FindIdAsync("users", "admin"))!, (await api.Keystone.FindIdAsync("roles", "admin"))!);
        var name = (await api.GetAsync("/v3/users/" + id))["user"].GetProperty("name").GetString()!;
        var (token, adminToken) = (await api.Keystone.TokenAsync(name, "pw", "forgers"), await api.Keystone.AdminTokenAsync());
        path = path.Replace("ADMIN_ID", admin, StringComparison.Ordinal).Replace("OWN_ID", id, StringComparison.Ordinal).Replace("ADMIN_ROLE", role, StringComparison.Ordinal);

        await Headers.SampleAsync(
            async headers =>
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                request.Content = method == "POST" ? new StringContent("""{"domain": {"name": "forged"}}""", Encoding.UTF8, "application/json") : null;
                if (who != "none")
                {
                    request.Headers.TryAddWithoutValidation("X-Auth-Token", who == "member" ? token : who);
                }

                foreach (var (header, value) in headers)
                {
                    request.Headers.TryAddWithoutValidation(header, value.Replace("ADMIN_ID", admin, StringComparison.Ordinal).Replace("ADMIN_TOKEN", adminToken, StringComparison.Ordinal));
                }

                using var answer = await api.Keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
                return (int)answer.StatusCode == status ? true : throw new InvalidOperationException($"{(int)answer.StatusCode} with {string.Join(", ", headers)}");
            },
            iter: 60);
    }

    /// <summary>A header's name in any case, with underscores for some of its dashes.</summary>
    private static Gen<string> Spelling() => Gen.Select(Gen.Int[0, Names.Length - 1], Gen.Int[0, 2].Array[24]).Select((name, changes) =>
        string.Concat(Names[name].Select((letter, i) => (changes[i % changes.Length], letter) switch
        {
            (0, '-') => '_',
            (0, _) => char.ToUpperInvariant(letter),
            (1, _) => char.ToLowerInvariant(letter),
            _ => letter,
        })));
}
