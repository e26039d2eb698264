// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Meridian.Network.Agent;
using Meridian.Network.Drivers;
using Meridian.Platform.Native;
using Meridian.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Tests.Drivers;

/// <summary>Guests in namespaces ask 169.254.169.254; a stand-in for nova says what it was told of them.</summary>
[Trait("needs", "root")]
public sealed class MetadataAgentTests(OvnFixture ovn) : IAsyncLifetime
{
    private const string Secret = "a shared secret";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly List<GuestNamespace> guests = [];
    private WebApplication? nova;
    private TestService? agent;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await ovn.StartAsync(Token);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.5.1:0");
        nova = builder.Build();
        nova.Run(async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, string>
            {
                ["method"] = context.Request.Method, ["path"] = context.Request.Path + context.Request.QueryString,
                ["server"] = $"{context.Request.Headers["X-Instance-ID"]}", ["project"] = $"{context.Request.Headers["X-Tenant-ID"]}",
                ["signature"] = $"{context.Request.Headers["X-Instance-ID-Signature"]}", ["for"] = $"{context.Request.Headers["X-Forwarded-For"]}",
            }));
        });
        await nova.StartAsync(Token);
        var address = new Uri(nova.Urls.First());
        agent = await TestService.StartAsync(MetadataAgentService.Definition(), $"""
            [DEFAULT]
            nova_metadata_host = {address.Host}
            nova_metadata_port = {address.Port}
            metadata_proxy_shared_secret = {Secret}
            [ovn]
            ovn_sb_connection = {ovn.Engine.Southbound}
            [ovs]
            ovsdb_connection = {ovn.Engine.Switch}
            network_namespace = {ovn.Namespace}
            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (agent is not null)
        {
            await agent.DisposeAsync();
        }

        if (nova is not null)
        {
            await nova.DisposeAsync();
        }

        foreach (var guest in guests)
        {
            await guest.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_asking_server_is_found_by_network_and_address_also_where_networks_overlap()
    {
        var one = await GuestAsync();
        var two = await GuestAsync();

        foreach (var (topology, guest) in new[] { one, two })
        {
            var answer = await GetAsync(guest, "/openstack/latest/meta_data.json?a=b");

            Assert.Equal(topology.Guest.DeviceId, answer["server"]);
            Assert.Equal(topology.Guest.ProjectId, answer["project"]);
            Assert.Equal("10.1.0.11", answer["for"]);
            Assert.Equal("/openstack/latest/meta_data.json?a=b", answer["path"]);
            Assert.Equal(MetadataProxy.Sign(Secret, topology.Guest.DeviceId), answer["signature"]);
        }

        Assert.NotEqual(one.Topology.Guest.DeviceId, two.Topology.Guest.DeviceId);
    }

    [Fact]
    public async Task OSSN_0074_What_a_guest_says_of_itself_is_not_believed()
    {
        var (topology, guest) = await GuestAsync();
        await GetAsync(guest, "/");
        using var client = Client(guest);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://169.254.169.254/");
        foreach (var header in (string[])["X-Instance-ID", "x-instance-id", "X-Tenant-ID", "X-Forwarded-For", "X-Instance-ID-Signature"])
        {
            request.Headers.TryAddWithoutValidation(header, "forged");
        }

        using var response = await client.SendAsync(request, Token);

        var answer = JsonSerializer.Deserialize<Dictionary<string, string>>(await response.Content.ReadAsStringAsync(Token))!;
        Assert.Equal((topology.Guest.DeviceId, "10.1.0.11"), (answer["server"], answer["for"]));
        Assert.DoesNotContain("forged", string.Join(' ', answer.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agent_is_listed_and_alive()
    {
        IReadOnlyList<NetworkHostAgent> agents = [];

        Assert.True(await Wait.UntilAsync(async () => (agents = await ovn.Driver.ListAgentsAsync(Token)).Any(a => a.Binary == "neutron-ovn-metadata-agent" && a.Alive), Soon));

        Assert.Contains(agents, a => a is { Binary: "ovn-controller", AgentType: "OVN Controller Gateway agent", Host: "host5", Alive: true });
    }

    [Fact]
    public async Task A_network_without_ports_here_loses_its_namespace()
    {
        var (topology, guest) = await GuestAsync();
        await GetAsync(guest, "/");
        var name = MetadataNamespaces.NameOf(topology.Private.Id);
        Assert.True(NetworkNamespace.Exists(name));

        await ovn.Driver.DeleteAsync(NetworkResourceKind.Port, topology.Guest.Id, Token);

        Assert.True(await Wait.UntilAsync(() => !NetworkNamespace.Exists(name), Soon));
    }

    private static HttpClient Client(GuestNamespace guest) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, token) =>
        {
            var socket = await NetworkNamespace.RunAsync(guest.Name, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(IPEndPoint.Parse("169.254.169.254:80"), token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { Timeout = TimeSpan.FromSeconds(2) };

    private static async Task<Dictionary<string, string>> GetAsync(GuestNamespace guest, string path)
    {
        using var client = Client(guest);
        Dictionary<string, string>? answer = null;
        Assert.True(await Wait.UntilAsync(async () =>
        {
            try
            {
                answer = JsonSerializer.Deserialize<Dictionary<string, string>>(await client.GetStringAsync("http://169.254.169.254" + path, Token));
                return true;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        }, Soon));
        return answer!;
    }

    private async Task<(Topology Topology, GuestNamespace Guest)> GuestAsync()
    {
        var topology = new Topology("host5", ovn.NextNumber(), OvnFixture.Outside);
        await topology.EnsureAsync(ovn.Driver, Token);
        var guest = await ovn.PlugAsync(topology.Guest.Id, topology.Guest.MacAddress, Token);
        guests.Add(guest);
        await guest.ConfigureAsync("10.1.0.11/24", "10.1.0.1", Token);
        await NetworkLinks.BatchAsync(guest.Name, ["route add 169.254.169.254/32 via 10.1.0.2"], Token);
        return (topology, guest);
    }
}
