// SPDX-License-Identifier: Apache-2.0
using Meridian.System.Tests.Client;

namespace Meridian.System.Tests.Up;

/// <summary>The steps of the text that the system is drawn from, with its own words, giving a third region by hand.</summary>
[Trait("needs", "openstackclient")]
public sealed class ThirdRegionTests(SimulatedCloud cloud) : IClassFixture<SimulatedCloud>
{
    [Fact]
    public async Task Bootstrap_and_endpoint_create_make_a_region()
    {
        var admin = OpenStackClient.ReadOpenrc(cloud.AdminOpenrc("RegionOne"));
        var keystone = $"http://{cloud.RegionOne}:5000/v3/";
        var (rc, output) = await CommandLine.RunAsync(
            "keystone-manage", "--config-file", Path.Combine(cloud.StateDirectory, "etc", "RegionOne", "keystone.conf"), "bootstrap", "--bootstrap-password", admin["OS_PASSWORD"],
            "--bootstrap-admin-url", keystone, "--bootstrap-internal-url", keystone, "--bootstrap-public-url", keystone, "--bootstrap-region-id", "RegionThree");
        Assert.True(rc == 0, output);
        await using var client = OpenStackClient.Start();
        foreach (var (name, value) in admin)
        {
            client.Environment[name] = value;
        }

        foreach (var (type, url) in ((string, string)[])[("image", ":9292"), ("compute", ":8774/v2.1"), ("placement", ":8778"), ("network", ":9696")])
        {
            foreach (var kind in (string[])["public", "admin", "internal"])
            {
                (await client.RunAsync($"endpoint create --region RegionThree {type} {kind} http://192.0.2.31{url}")).Succeeded();
            }
        }

        // The running Keystone shows it without a restart: same process or not makes no difference.
        var endpoints = await client.JsonAsync("endpoint list --region RegionThree");
        Assert.Equal(15, endpoints.GetArrayLength());
        client.Environment["OS_REGION_NAME"] = "RegionThree";
        (await client.RunAsync("token issue")).Succeeded();
        (await client.RunAsync("user list")).Succeeded();
    }
}
