// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Policies;

public sealed class PoliciesTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_policy_is_created_shown_listed_changed_and_deleted()
    {
        var type = IdentityApi.Unique("application/x");
        var created = await api.PostAsync("/v3/policies", new { policy = new { blob = "{\"a\": \"role:admin\"}", type, owner = "me" } });
        var policy = created["policy"];
        var path = "/v3/policies/" + policy.GetProperty("id").GetString();

        Assert.Equal(201, created.Status);
        Assert.Equal(("{\"a\": \"role:admin\"}", type, "me"), (policy.GetProperty("blob").GetString(), policy.GetProperty("type").GetString(), policy.GetProperty("owner").GetString()));
        Assert.EndsWith(path, policy.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.Equal(policy.GetRawText(), (await api.GetAsync(path))["policy"].GetRawText());
        Assert.Equal(1, (await api.GetAsync("/v3/policies?type=" + type))["policies"].GetArrayLength());
        var changed = (await api.PatchAsync(path, new { policy = new { blob = "", owner = "you" } }))["policy"];
        Assert.Equal(("", type, "you"), (changed.GetProperty("blob").GetString(), changed.GetProperty("type").GetString(), changed.GetProperty("owner").GetString()));
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        Assert.Equal(404, (await api.DeleteAsync(path)).Status);
    }

    [Theory]
    [InlineData("""{"type":"t"}""", "'blob' is a required property")]
    [InlineData("""{"blob":"b"}""", "'type' is a required property")]
    [InlineData("""{"blob":{},"type":"t"}""", "Invalid input for field 'blob'")]
    [InlineData("""{"blob":"b","type":null}""", "Invalid input for field 'type'")]
    public async Task A_bad_body_is_400(string body, string message)
    {
        var answer = await api.PostAsync("/v3/policies", "{\"policy\":" + body + "}");

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(message, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_nothing_is_400() => Assert.Equal(400, (await api.PatchAsync("/v3/policies/x", new { policy = new { } })).Status);

    [Fact]
    public async Task A_system_reader_reads_and_only_an_administrator_writes()
    {
        var (name, project) = (IdentityApi.Unique("u"), IdentityApi.Unique("p"));
        var (userId, _) = await api.Keystone.CreateUserAsync(name, "pw", project, "manager");
        await api.PutAsync($"/v3/system/users/{userId}/roles/{await api.Keystone.FindIdAsync("roles", "reader")}");
        var member = await api.Keystone.TokenAsync(name, "pw", project);
        var system = (await api.LogInAsync(name, "pw", new { system = new { all = true } })).Headers["X-Subject-Token"];

        Assert.Equal((403, 200), ((await api.GetAsync("/v3/policies", member)).Status, (await api.GetAsync("/v3/policies", system)).Status));
        foreach (var token in new[] { member, system })
        {
            Assert.Equal(403, (await api.PostAsync("/v3/policies", new { policy = new { blob = "b", type = "t" } }, token)).Status);
            Assert.Equal(403, (await api.PatchAsync("/v3/policies/x", new { policy = new { blob = "b" } }, token)).Status);
            Assert.Equal(403, (await api.DeleteAsync("/v3/policies/x", token)).Status);
            Assert.Equal(403, (await api.PutAsync("/v3/policies/x/OS-ENDPOINT-POLICY/services/y", null, token)).Status);
            Assert.Equal(403, (await api.DeleteAsync("/v3/policies/x/OS-ENDPOINT-POLICY/endpoints/y", token)).Status);
            Assert.Equal(403, (await api.PutAsync("/v3/policies/x/OS-ENDPOINT-POLICY/services/y/regions/z", null, token)).Status);
        }

        Assert.Equal((403, 404), ((await api.GetAsync("/v3/policies/x", member)).Status, (await api.GetAsync("/v3/policies/x", system)).Status));
        Assert.Equal((403, 404), ((await api.GetAsync("/v3/endpoints/x/OS-ENDPOINT-POLICY/policy", member)).Status, (await api.GetAsync("/v3/endpoints/x/OS-ENDPOINT-POLICY/policy", system)).Status));
    }
}
