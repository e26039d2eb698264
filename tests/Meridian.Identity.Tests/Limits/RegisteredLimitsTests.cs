// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tests.Limits;

public sealed class RegisteredLimitsTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Fact]
    public async Task Several_are_made_at_once_and_shown()
    {
        var service = await ServiceAsync();

        var created = await CreateAsync(
            new { service_id = service, resource_name = "cores", default_limit = 10 },
            new { service_id = service, resource_name = "cores", default_limit = -1, region_id = "RegionTwo", description = "none there" });

        Assert.Equal(201, created.Status);
        Assert.False(created.Body.TryGetProperty("links", out _));
        var (everywhere, there) = (created["registered_limits"][0], created["registered_limits"][1]);
        Assert.Equal(JsonValueKind.Null, everywhere.GetProperty("region_id").ValueKind);
        Assert.Equal(JsonValueKind.Null, everywhere.GetProperty("description").ValueKind);
        Assert.Equal(("RegionTwo", -1, "none there"), (there.GetProperty("region_id").GetString(), there.GetProperty("default_limit").GetInt32(), there.GetProperty("description").GetString()));
        var id = there.GetProperty("id").GetString();
        Assert.Equal(there.GetRawText(), (await api.GetAsync("/v3/registered_limits/" + id))["registered_limit"].GetRawText());
        Assert.EndsWith("/v3/registered_limits/" + id, there.GetProperty("links").GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"service_id":"SERVICE","default_limit":1}""", "'resource_name' is a required property")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x"}""", "'default_limit' is a required property")]
    [InlineData("""{"resource_name":"x","default_limit":1}""", "'service_id' is a required property")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":"1"}""", "Invalid input for field 'default_limit': '1' is not of type 'integer'")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":-2}""", "Invalid input for field 'default_limit': -2 is less than the minimum of -1")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":2147483648}""", "Invalid input for field 'default_limit': 2147483648 is greater than the maximum of 2147483647")]
    [InlineData("""{"service_id":"SERVICE","resource_name":" ","default_limit":1}""", "Invalid input for field 'resource_name'")]
    [InlineData("""{"service_id":"nova","resource_name":"x","default_limit":1}""", "Invalid input for field 'service_id': 'nova' is not a 'uuid'")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":1,"region_id":""}""", "Invalid input for field 'region_id'")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":1,"description":7}""", "Invalid input for field 'description'")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":1,"unit":"GiB"}""", "Additional properties are not allowed ('unit' was unexpected)")]
    [InlineData("""{"service_id":"SERVICE","resource_name":"x","default_limit":1,"region_id":"RegionNine"}""", "Expecting to find region_id in registered_limit.")]
    [InlineData("""{"service_id":"0123456789abcdef0123456789abcdef","resource_name":"x","default_limit":1}""", "Expecting to find service_id in registered_limit.")]
    public async Task A_bad_body_is_400_that_names_the_field(string body, string message)
    {
        var answer = await api.PostAsync(
            "/v3/registered_limits", "{\"registered_limits\":[" + body.Replace("SERVICE", await ServiceAsync(), StringComparison.Ordinal) + "]}");

        Assert.Equal(400, answer.Status);
        Assert.StartsWith(message, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"registered_limits":[]}""")]
    [InlineData("""{"registered_limits":{}}""")]
    [InlineData("""{"registered_limits":[1]}""")]
    [InlineData("""{"registered_limit":[]}""")]
    [InlineData("""[]""")]
    public async Task A_body_without_a_list_of_objects_is_400(string body) => Assert.Equal(400, (await api.PostAsync("/v3/registered_limits", body)).Status);

    [Fact]
    public async Task One_that_exists_is_409_and_none_of_the_others_is_made()
    {
        var service = await ServiceAsync();
        await CreateAsync(new { service_id = service, resource_name = "cores", default_limit = 10 });

        var again = await CreateAsync(new { service_id = service, resource_name = "ram", default_limit = 1 }, new { service_id = service, resource_name = "cores", default_limit = 5 });

        Assert.Equal(409, again.Status);
        Assert.Equal("Conflict occurred attempting to store registered_limit - Duplicate entry.", again.Message);
        Assert.Equal(1, (await api.GetAsync("/v3/registered_limits?service_id=" + service))["registered_limits"].GetArrayLength());
    }

    [Fact]
    public async Task Lists_filter_sort_and_page()
    {
        var service = await ServiceAsync();
        await CreateAsync(
            new { service_id = service, resource_name = "b_cores", default_limit = 1 },
            new { service_id = service, resource_name = "a_ram", default_limit = 1, region_id = "RegionOne" },
            new { service_id = service, resource_name = "c_cores", default_limit = 1, region_id = "RegionOne" });

        Assert.Equal(["a_ram", "c_cores"], await NamesAsync($"service_id={service}&region_id=RegionOne&sort_key=resource_name"));
        Assert.Equal(["b_cores"], await NamesAsync($"service_id={service}&resource_name=b_cores"));
        Assert.Equal(["c_cores", "b_cores"], await NamesAsync($"service_id={service}&resource_name__contains=core&sort_key=resource_name&sort_dir=desc"));
        var page = await api.GetAsync($"/v3/registered_limits?service_id={service}&sort_key=resource_name&limit=2");
        Assert.Equal(2, page["registered_limits"].GetArrayLength());
        var next = await api.GetAsync(page["links"].GetProperty("next").GetString()!);
        Assert.Equal("c_cores", Assert.Single(next["registered_limits"].EnumerateArray()).GetProperty("resource_name").GetString());
    }

    [Fact]
    public async Task A_change_keeps_what_it_does_not_name()
    {
        var service = await ServiceAsync();
        var id = Id(await CreateAsync(new { service_id = service, resource_name = "cores", default_limit = 10, region_id = "RegionOne", description = "d" }));

        var changed = await api.PatchAsync("/v3/registered_limits/" + id, new { registered_limit = new { default_limit = 0, region_id = (string?)null } });

        Assert.Equal(200, changed.Status);
        Assert.Equal(
            (0, "cores", "d", JsonValueKind.Null),
            (changed["registered_limit"].GetProperty("default_limit").GetInt32(), changed["registered_limit"].GetProperty("resource_name").GetString(),
                changed["registered_limit"].GetProperty("description").GetString(), changed["registered_limit"].GetProperty("region_id").ValueKind));
        Assert.Equal(400, (await api.PatchAsync("/v3/registered_limits/" + id, new { registered_limit = new { id = "x" } })).Status);
        Assert.Equal(400, (await api.PatchAsync("/v3/registered_limits/" + id, new { registered_limit = new { region_id = "RegionNine" } })).Status);
    }

    [Fact]
    public async Task One_that_a_limit_refers_to_is_neither_changed_nor_deleted()
    {
        var service = await ServiceAsync();
        var id = Id(await CreateAsync(new { service_id = service, resource_name = "cores", default_limit = 10 }));
        var project = await api.Keystone.FindIdAsync("projects", "admin");
        var limit = await api.PostAsync("/v3/limits", new { limits = new[] { new { service_id = service, resource_name = "cores", resource_limit = 5, project_id = project } } });

        var (changed, deleted) = (await api.PatchAsync("/v3/registered_limits/" + id, new { registered_limit = new { default_limit = 1 } }), await api.DeleteAsync("/v3/registered_limits/" + id));
        await api.DeleteAsync("/v3/limits/" + limit["limits"][0].GetProperty("id").GetString());

        Assert.Equal((403, 403), (changed.Status, deleted.Status));
        Assert.Equal($"Unable to update or delete registered limit {id} because there are project limits associated with it.", deleted.Message);
        Assert.Equal(204, (await api.DeleteAsync("/v3/registered_limits/" + id)).Status);
        var gone = await api.GetAsync("/v3/registered_limits/" + id);
        Assert.Equal((404, $"Could not find registered limit for {id}."), (gone.Status, gone.Message));
    }

    [Fact]
    public async Task A_service_and_a_region_with_registered_limits_stay()
    {
        var service = await ServiceAsync();
        var region = IdentityApi.Unique("lr");
        await api.PutAsync("/v3/regions/" + region, new { region = new { } });
        var id = Id(await CreateAsync(new { service_id = service, resource_name = "cores", default_limit = 10, region_id = region }));

        Assert.Equal(403, (await api.DeleteAsync("/v3/services/" + service)).Status);
        Assert.Equal(403, (await api.DeleteAsync("/v3/regions/" + region)).Status);
        await api.DeleteAsync("/v3/registered_limits/" + id);
        Assert.Equal(204, (await api.DeleteAsync("/v3/regions/" + region)).Status);
        Assert.Equal(204, (await api.DeleteAsync("/v3/services/" + service)).Status);
    }

    [Fact]
    public async Task Anybody_reads_them_and_only_an_administrator_writes()
    {
        var service = await ServiceAsync();
        var id = Id(await CreateAsync(new { service_id = service, resource_name = "cores", default_limit = 10 }));
        var name = IdentityApi.Unique("u");
        await api.Keystone.CreateUserAsync(name, "pw", IdentityApi.Unique("p"), "reader");
        var token = await api.Keystone.TokenAsync(name, "pw", null);

        Assert.Equal(200, (await api.GetAsync("/v3/registered_limits", token)).Status);
        Assert.Equal(200, (await api.GetAsync("/v3/registered_limits/" + id, token)).Status);
        Assert.Equal(403, (await api.PostAsync("/v3/registered_limits", new { registered_limits = new[] { new { } } }, token)).Status);
        Assert.Equal(403, (await api.PatchAsync("/v3/registered_limits/" + id, new { registered_limit = new { default_limit = 1 } }, token)).Status);
        Assert.Equal(403, (await api.DeleteAsync("/v3/registered_limits/" + id, token)).Status);
        Assert.Equal(401, (await api.GetAsync("/v3/registered_limits", "")).Status);
    }

    private Task<string> ServiceAsync() => api.Keystone.CreateAsync("service", new { type = IdentityApi.Unique("limited"), name = "s" });

    private Task<ApiAnswer> CreateAsync(params object[] limits) => api.PostAsync("/v3/registered_limits", new { registered_limits = limits });

    private static string Id(ApiAnswer created) => created["registered_limits"][0].GetProperty("id").GetString()!;

    private async Task<IEnumerable<string?>> NamesAsync(string query) =>
        (await api.GetAsync("/v3/registered_limits?" + query))["registered_limits"].EnumerateArray().Select(l => l.GetProperty("resource_name").GetString());
}
