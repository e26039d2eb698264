// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tests.Credentials;

namespace Meridian.Identity.Tests.Ec2;

/// <summary>A Keystone to which a signature of any age is good: Amazon's published examples are old.</summary>
public sealed class Ec2Api : IdentityApi
{
    protected override string Further => "[credential]\nauth_ttl = 20000000\n";
}

/// <summary>What these tests do with a Keystone.</summary>
internal static class Ec2Calls
{
    /// <summary>Deposits a key pair; replaces one that another test left.</summary>
    public static async Task<TestUser> DepositAsync(this IdentityApi api, string access, string secret, params string[] roles)
    {
        var user = await TestUser.CreateAsync(api, roles);
        var id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(access)));
        await api.DeleteAsync("/v3/credentials/" + id);
        var blob = $$"""{"access": "{{access}}", "secret": "{{secret}}"}""";
        var created = await api.PostAsync("/v3/credentials", new { credential = new { type = "ec2", blob, user_id = user.Id, project_id = user.ProjectId } });
        Assert.Equal(201, created.Status);
        return user;
    }

    public static Task<ApiAnswer> SignedAsync(this IdentityApi api, object credentials, string? token = null) => api.PostAsync("/v3/ec2tokens", new { credentials }, token);

    /// <summary>A request signed with version 4 in its headers.</summary>
    public static object Version4(string access, string secret, DateTimeOffset time, string? signature = null, string host = "ec2.example.org", string? bodyHash = null)
    {
        signature ??= AwsSigner.Version4(secret, "POST", host, time);
        var stamp = AwsSigner.Stamp(time);
        return new
        {
            access,
            signature,
            host,
            verb = "POST",
            path = "/",
            @params = new Dictionary<string, string>(),
            headers = new Dictionary<string, string>
            {
                ["Host"] = host,
                ["X-Amz-Date"] = stamp,
                ["Authorization"] =
                    $"AWS4-HMAC-SHA256 Credential={access}/{stamp[..8]}/RegionOne/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}",
            },
            body_hash = bodyHash ?? AwsSigner.EmptyHash,
        };
    }
}
