// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Groups;

public sealed class GroupsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_group_is_created_renamed_listed_and_deleted()
    {
        var name = IdentityApi.Unique("gg");
        var created = await api.PostAsync("/v3/groups", new { group = new { name, description = "golden group" } });
        var id = created["group"].GetProperty("id").GetString();

        Assert.Equal(201, created.Status);
        Assert.Equal("golden group", created["group"].GetProperty("description").GetString());
        Assert.Equal(409, (await api.PostAsync("/v3/groups", new { group = new { name = name.ToUpperInvariant() } })).Status);
        Assert.Equal(name + "x", (await api.PatchAsync("/v3/groups/" + id, new { group = new { name = name + "x" } }))["group"].GetProperty("name").GetString());
        Assert.Equal(1, (await api.GetAsync($"/v3/groups?name={name}x"))["groups"].GetArrayLength());
        Assert.Equal(204, (await api.DeleteAsync("/v3/groups/" + id)).Status);
        Assert.Equal(404, (await api.GetAsync("/v3/groups/" + id)).Status);
    }

    [Fact]
    public async Task Users_join_are_checked_and_leave()
    {
        var group = await api.Keystone.CreateAsync("group", new { name = IdentityApi.Unique("team") });
        var user = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("mate") });
        var path = $"/v3/groups/{group}/users/{user}";

        Assert.Equal(404, (await api.SendAsync(HttpMethod.Head, path, null)).Status);
        Assert.Equal(204, (await api.PutAsync(path)).Status);
        Assert.Equal(204, (await api.PutAsync(path)).Status);
        Assert.Equal(204, (await api.SendAsync(HttpMethod.Head, path, null)).Status);
        Assert.Equal(user, (await api.GetAsync($"/v3/groups/{group}/users"))["users"][0].GetProperty("id").GetString());
        Assert.Equal(204, (await api.DeleteAsync(path)).Status);
        var again = await api.DeleteAsync(path);
        Assert.Equal(404, again.Status);
        Assert.Equal($"User '{user}' not found in group '{group}'", again.Message);
    }
}
