// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using Meridian.Compute.Audit;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Compute.Tests.Audit;

public sealed class ComputeAuditTests(ComputeFixture fixture) : IClassFixture<ComputeFixture>
{
    [Fact]
    public async Task It_is_clean_with_servers_and_finds_planted_leaks()
    {
        var id = await fixture.CreateActiveServerAsync("audited");
        Assert.Empty(await RunAsync());

        // A port and an allocation of servers that never were, and a server's own port taken away.
        var (ghost, port) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        fixture.Neighbours.Ports[port] = new JsonObject
        {
            ["id"] = port, ["network_id"] = fixture.Neighbours.NetworkId, ["device_id"] = ghost, ["device_owner"] = "compute:nova", ["fixed_ips"] = new JsonArray(),
        };
        var own = fixture.Neighbours.Ports.Single(p => p.Value["device_id"]!.GetValue<string>() == id);
        fixture.Neighbours.Ports.TryRemove(own);
        await ClaimAsync(ghost);
        var findings = await RunAsync();

        Assert.Contains(findings, f => f.StartsWith($"Port {port} belongs to server {ghost}", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.StartsWith($"Server {id} has port {own.Key}", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.StartsWith($"Consumer {ghost} holds resources", StringComparison.Ordinal));
        Assert.Equal(3, findings.Count);
    }

    private Task<IReadOnlyList<string>> RunAsync() => fixture.Conductor.Host.Services.GetRequiredService<ComputeAudit>().RunAsync(TestContext.Current.CancellationToken);

    private async Task ClaimAsync(string consumer)
    {
        var provider = (await fixture.GetAsync("/v2.1/os-hypervisors", "admin")).Json.GetProperty("hypervisors")[0].GetProperty("id").GetString();
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/allocations/{consumer}");
        request.Headers.Add("X-Auth-Token", FakeKeystone.TokenOf("admin"));
        request.Headers.Add("OpenStack-API-Version", "placement 1.36");
        request.Content = new StringContent(
            JsonSerializer.Serialize(new
            {
                allocations = new Dictionary<string, object> { [provider!] = new { resources = new { VCPU = 1 } } }, project_id = "p", user_id = "u", consumer_generation = (int?)null,
            }), Encoding.UTF8, "application/json");
        using var response = await fixture.Placement.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(204, (int)response.StatusCode);
    }
}
