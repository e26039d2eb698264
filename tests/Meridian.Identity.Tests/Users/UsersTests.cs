// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Users;

public sealed class UsersTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task A_created_user_shows_what_was_given_and_keeps_unknown_attributes()
    {
        var name = IdentityApi.Unique("gu");

        var created = await api.PostAsync("/v3/users", new { user = new { name, password = "secret", email = "gold@example.org", shoe = new { size = 43 } } });
        var id = created["user"].GetProperty("id").GetString();
        var shown = await api.GetAsync("/v3/users/" + id);

        Assert.Equal(201, created.Status);
        Assert.Equal(created["user"].GetRawText(), shown["user"].GetRawText());
        Assert.Equal("gold@example.org", shown["user"].GetProperty("email").GetString());
        Assert.Equal(43, shown["user"].GetProperty("shoe").GetProperty("size").GetInt32());
        Assert.Equal(JsonValueKind.Null, shown["user"].GetProperty("password_expires_at").ValueKind);
        Assert.Equal("default", shown["user"].GetProperty("domain_id").GetString());
        Assert.EndsWith("/v3/users/" + id, shown["user"].GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("password\"", shown.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("default_project_id", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_differs_in_case_only_is_409()
    {
        var name = IdentityApi.Unique("Case");
        await api.PostAsync("/v3/users", new { user = new { name } });

        var again = await api.PostAsync("/v3/users", new { user = new { name = name.ToUpperInvariant() } });

        Assert.Equal(409, again.Status);
        Assert.Equal($"Conflict occurred attempting to store user - Duplicate entry found with name {name.ToUpperInvariant()} at domain ID default.", again.Message);
    }

    [Theory]
    [InlineData("{\"user\": {}}", "'name' is a required property")]
    [InlineData("{\"user\": {\"name\": 5}}", "Invalid input for field 'name'")]
    [InlineData("{\"user\": {\"name\": \"\"}}", "Invalid input for field 'name'")]
    [InlineData("{\"user\": {\"name\": \"x\", \"enabled\": \"yes\"}}", "Invalid input for field 'enabled'")]
    [InlineData("{\"user\": [1]}", "Invalid input for field 'user'")]
    [InlineData("{\"usr\": {}}", "Expecting to find user in request body")]
    [InlineData("{\"user\": ", "Expecting to find valid JSON in request body")]
    [InlineData("{\"user\": {\"name\": \"x\", \"name\": \"y\"}}", "valid JSON")]
    public async Task A_bad_body_is_400_and_names_the_field(string body, string message)
    {
        var answer = await api.PostAsync("/v3/users", body);

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
        Assert.Equal("Bad Request", answer["error"].GetProperty("title").GetString());
    }

    [Fact]
    public async Task A_name_of_256_characters_is_400()
    {
        var answer = await api.PostAsync("/v3/users", new { user = new { name = new string('n', 256) } });

        Assert.Equal(400, answer.Status);
        Assert.Contains("'name'", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_changes_what_it_names_and_nothing_else()
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("u"), email = "a@b", colour = "red" });

        var updated = await api.PatchAsync("/v3/users/" + id, new { user = new { email = "c@d", enabled = false } });

        Assert.Equal(200, updated.Status);
        Assert.Equal("c@d", updated["user"].GetProperty("email").GetString());
        Assert.Equal("red", updated["user"].GetProperty("colour").GetString());
        Assert.False(updated["user"].GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task Lists_filter_sort_and_page_in_the_database()
    {
        var prefix = IdentityApi.Unique("page");
        foreach (var i in Enumerable.Range(1, 5))
        {
            await api.PostAsync("/v3/users", new { user = new { name = $"{prefix}-{i}", enabled = i != 3 } });
        }

        var first = await api.GetAsync($"/v3/users?name__startswith={prefix.ToUpperInvariant()}&sort_key=name&sort_dir=desc&limit=2");
        var next = first["links"].GetProperty("next").GetString()!;
        var second = await api.GetAsync(new Uri(next).PathAndQuery);
        var enabled = await api.GetAsync($"/v3/users?name__contains={prefix}&enabled=false");

        Assert.Equal([$"{prefix}-5", $"{prefix}-4"], Names(first));
        Assert.Equal([$"{prefix}-3", $"{prefix}-2"], Names(second));
        Assert.Equal([$"{prefix}-3"], Names(enabled));
        Assert.Equal(JsonValueKind.Null, first["links"].GetProperty("previous").ValueKind);
        Assert.EndsWith("sort_dir=desc&limit=2", first["links"].GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=none", 400)]
    [InlineData("limit=0", 400)]
    [InlineData("marker=nobody", 404)]
    [InlineData("sort_key=password_hash", 400)]
    [InlineData("whatever=1", 200)]
    public async Task A_bad_list_query_is_refused_and_an_unknown_one_ignored(string query, int status) =>
        Assert.Equal(status, (await api.GetAsync("/v3/users?" + query)).Status);

    [Fact]
    public async Task Ossa_2013_011_the_user_changes_his_own_password_and_old_tokens_die()
    {
        var name = IdentityApi.Unique("pw");
        var (id, _) = await api.Keystone.CreateUserAsync(name, "old", "pw-project", "member");
        var token = await api.Keystone.TokenAsync(name, "old", "pw-project");

        var wrong = await api.SendAsync(HttpMethod.Post, $"/v3/users/{id}/password", new { user = new { original_password = "no", password = "new" } }, "");
        var right = await api.SendAsync(HttpMethod.Post, $"/v3/users/{id}/password", new { user = new { original_password = "old", password = "new" } }, "");

        Assert.Equal(401, wrong.Status);
        Assert.Equal(204, right.Status);
        Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        Assert.Equal(401, (await api.LogInAsync(name, "old")).Status);
        var fresh = await api.Keystone.TokenAsync(name, "new", "pw-project");
        Assert.Equal(200, (await api.ValidateAsync(fresh)).Status);
    }

    [Fact]
    public async Task Each_of_many_changes_within_a_second_kills_the_tokens_before_it_and_none_after()
    {
        var name = IdentityApi.Unique("fast");
        var (id, _) = await api.Keystone.CreateUserAsync(name, "pw", "fast-project", "member");
        for (var i = 0; i < 4; i++)
        {
            var token = await api.Keystone.TokenAsync(name, "pw", "fast-project");
            Assert.Equal(200, (await api.ValidateAsync(token)).Status);

            await api.PatchAsync("/v3/users/" + id, new { user = new { password = "pw" } });

            Assert.Equal(404, (await api.ValidateAsync(token)).Status);
        }
    }

    [Fact]
    public async Task Of_many_changes_at_once_none_is_lost()
    {
        var id = await api.Keystone.CreateAsync("user", new { name = IdentityApi.Unique("busy") });

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            api.PatchAsync("/v3/users/" + id, new { user = new Dictionary<string, object> { ["change" + i] = i } })));

        var shown = (await api.GetAsync("/v3/users/" + id)).Text;
        foreach (var (answer, i) in answers.Select((a, i) => (a, i)))
        {
            Assert.True(answer.Status is 200 or 409, answer.Text);
            Assert.Equal(answer.Status == 200, shown.Contains($"\"change{i}\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Head_is_answered_wherever_get_is()
    {
        var answer = await api.SendAsync(HttpMethod.Head, "/v3/users", null);

        Assert.Equal(200, answer.Status);
        Assert.Empty(answer.Text);
    }

    [Fact]
    public async Task Groups_and_projects_of_a_user_are_listed()
    {
        var name = IdentityApi.Unique("member");
        var (id, projectId) = await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("mp"), "member");
        var group = await api.Keystone.CreateAsync("group", new { name = IdentityApi.Unique("mg") });
        await api.PutAsync($"/v3/groups/{group}/users/{id}");
        var token = await api.Keystone.TokenAsync(name, "pw", null);

        var groups = await api.GetAsync($"/v3/users/{id}/groups", token);
        var projects = await api.GetAsync($"/v3/users/{id}/projects", token);

        Assert.Equal(group, groups["groups"].EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Equal(projectId, projects["projects"].EnumerateArray().Single().GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_deleted_user_is_404_and_leaves_no_assignment()
    {
        var (id, _) = await api.Keystone.CreateUserAsync(IdentityApi.Unique("gone"), "pw", "gone-project", "member");

        Assert.Equal(204, (await api.DeleteAsync("/v3/users/" + id)).Status);

        var shown = await api.GetAsync("/v3/users/" + id);
        Assert.Equal(404, shown.Status);
        Assert.Equal($"Could not find user: {id}.", shown.Message);
        Assert.Equal(0, (await api.GetAsync("/v3/role_assignments?user.id=" + id))["role_assignments"].GetArrayLength());
    }

    private static IEnumerable<string> Names(ApiAnswer answer) => answer["users"].EnumerateArray().Select(u => u.GetProperty("name").GetString()!);
}
