// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;
using Meridian.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Identity.Tests.Policies;

/// <summary>An operator's policy.yaml, seen through the API.</summary>
public sealed class PolicyFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Sighup_brings_a_changed_file_into_force_and_leaves_a_wrong_one_out()
    {
        var file = folder.File("policy.yaml");
        await File.WriteAllTextAsync(file, "\"identity:list_services\": \"role:member\"\n", TestContext.Current.CancellationToken);
        await using var keystone = await KeystoneFixture.StartAsync($"[oslo_policy]\npolicy_file = {file}");
        await keystone.CreateUserAsync("demo", "pw", "demo", "member");
        var token = await keystone.TokenAsync("demo", "pw", "demo");
        Assert.Equal(200, await ListAsync());

        await ReplaceAsync("\"identity:list_services\": \"rule:admin_required\"\n");
        Assert.Equal(403, await ListAsync());

        await ReplaceAsync("\"identity:list_services\": \"http://decide.example/\"\n");
        Assert.Equal(403, await ListAsync());

        async Task ReplaceAsync(string text)
        {
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
            keystone.Service.Host.Services.ReloadPolicy(NullLogger.Instance);
        }

        async Task<int> ListAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/services");
            request.Headers.Add("X-Auth-Token", token);
            using var answer = await keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_check_that_asks_another_server_ends_the_start_with_file_and_line()
    {
        var file = folder.File("policy.yaml");
        await File.WriteAllTextAsync(file, "# Ours.\n\"identity:list_services\": \"role:admin or http://decide.example/%(name)s\"\n", TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<PolicyException>(() => KeystoneFixture.StartAsync($"[oslo_policy]\npolicy_file = {file}"));

        Assert.StartsWith($"{file}:2: rule 'identity:list_services'", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();
}
