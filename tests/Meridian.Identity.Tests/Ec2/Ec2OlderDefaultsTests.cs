// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Ec2;

/// <summary>[oslo_policy] enforce_new_defaults: before, an owner needed no role of a name to make and delete his EC2 credentials.</summary>
public sealed class Ec2OlderDefaultsTests
{
    [Theory]
    [InlineData(true, 403, 403)]
    [InlineData(false, 201, 204)]
    public async Task An_owner_without_the_member_role_goes_by_the_older_default(bool enforceNewDefaults, int create, int delete)
    {
        await using var api = new Api(enforceNewDefaults);
        await api.InitializeAsync();
        var (id, project) = await api.Keystone.CreateUserAsync("plain", "pw", "home", "plain");
        var (otherId, otherProject) = await api.Keystone.CreateUserAsync("other", "pw", "away", "plain");
        var token = await api.Keystone.TokenAsync("plain", "pw", "home");
        var (own, others) = ($"/v3/users/{id}/credentials/OS-EC2", $"/v3/users/{otherId}/credentials/OS-EC2");
        var access = (await api.PostAsync(own, new { tenant_id = project }))["credential"].GetProperty("access").GetString();
        var othersAccess = (await api.PostAsync(others, new { tenant_id = otherProject }))["credential"].GetProperty("access").GetString();

        Assert.Equal(create, (await api.PostAsync(own, new { tenant_id = project }, token)).Status);
        Assert.Equal(delete, (await api.DeleteAsync($"{own}/{access}", token)).Status);
        Assert.Equal(403, (await api.PostAsync(others, new { tenant_id = otherProject }, token)).Status);
        Assert.Equal(403, (await api.DeleteAsync($"{others}/{othersAccess}", token)).Status);
        Assert.Equal(403, (await api.DeleteAsync($"{own}/{othersAccess}", token)).Status);
    }

    private sealed class Api(bool enforceNewDefaults) : IdentityApi
    {
        protected override string Further => $"[oslo_policy]\nenforce_new_defaults = {enforceNewDefaults}\n";
    }
}
