// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Text.Json;
using Meridian.Platform.Native;
using Meridian.Platform.Processes;

namespace Meridian.Host.Engines;

/// <param name="Gateway">The provider network's gateway with prefix length: <c>172.24.4.1/24</c>.</param>
/// <param name="Bridge">The region's bridge that carries the provider network.</param>
internal sealed record ProviderNetwork(OvnEngine Region, IPNetwork Network, IPAddress Gateway, string Bridge = "br-ex");

/// <summary>
/// The world outside the regions: one namespace that holds every provider network's gateway and forwards between them, and one veth to the host
/// with a route for each provider network. The host's own forwarding, packet filter and interfaces stay as they are.
/// </summary>
/// <param name="instance">The state directory's short id (at most 8 letters or digits): part of each name, so that several instances coexist.</param>
internal sealed class Uplink(string instance)
{
    private const string RegionSide = "uplink0";

    public string Namespace => $"mer{instance}-uplink";

    /// <summary>The veth in the host's namespace.</summary>
    public string HostLink => $"mer{instance}";

    /// <summary>Idempotent; regions must be started. What a region lost with its namespace is made again.</summary>
    /// <exception cref="UplinkException">The host already has another route to a provider network.</exception>
    public async Task UpAsync(IReadOnlyList<ProviderNetwork> providers, CancellationToken cancellationToken)
    {
        if (await NetworkLinks.EnsureNamespaceAsync(Namespace, member: null, cancellationToken))
        {
            await ProcessRunner.RunAsync("/usr/sbin/ip", ["netns", "exec", Namespace, "/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"], ProcessOptions.Default, cancellationToken);
        }

        var (host, inner, prefix) = HostAddresses();
        if (!await NetworkLinks.ExistsAsync(Namespace, "host", cancellationToken))
        {
            await NetworkLinks.DeleteAsync(null, HostLink, cancellationToken);
            await NetworkLinks.BatchAsync(null, [$"link add {HostLink} type veth peer name host netns {Namespace}", $"addr add {host}/{prefix} dev {HostLink}", $"link set {HostLink} up"], cancellationToken);
            await NetworkLinks.BatchAsync(Namespace, [$"addr add {inner}/{prefix} dev host", "link set host up", $"route add default via {host}"], cancellationToken);
        }

        foreach (var provider in providers)
        {
            await ConnectAsync(provider, cancellationToken);
            await EnsureRouteAsync(provider, inner, cancellationToken);
        }
    }

    /// <summary>Routes and links go with the namespace.</summary>
    public async Task DownAsync(CancellationToken cancellationToken)
    {
        await NetworkLinks.DeleteAsync(null, HostLink, cancellationToken);
        await NetworkLinks.DeleteNamespaceAsync(Namespace, cancellationToken);
    }

    private async Task ConnectAsync(ProviderNetwork provider, CancellationToken cancellationToken)
    {
        // A name that both ends agree on, and that is the same after a restart.
        var link = $"p{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(provider.Network.ToString())))[..10]}";
        var region = provider.Region.Settings.Namespace;
        if (!await NetworkLinks.ExistsAsync(Namespace, link, cancellationToken))
        {
            await provider.Region.RemoveBridgePortAsync(RegionSide, cancellationToken);
            await NetworkLinks.DeleteAsync(region, RegionSide, cancellationToken);
            await NetworkLinks.BatchAsync(Namespace, [$"link add {link} type veth peer name {RegionSide} netns {region}", $"addr add {provider.Gateway}/{provider.Network.PrefixLength} dev {link}", $"link set {link} up"], cancellationToken);
            await NetworkLinks.DisableOffloadAsync(Namespace, link, cancellationToken);
            await NetworkLinks.DisableOffloadAsync(region, RegionSide, cancellationToken);
            await NetworkLinks.BatchAsync(region, [$"link set {RegionSide} up"], cancellationToken);
        }

        await provider.Region.EnsureBridgePortAsync(provider.Bridge, RegionSide, cancellationToken);
    }

    private async Task EnsureRouteAsync(ProviderNetwork provider, IPAddress via, CancellationToken cancellationToken)
    {
        var found = await ProcessRunner.RunAsync("/usr/sbin/ip", ["-json", "route", "show", "exact", provider.Network.ToString()], ProcessOptions.Default, cancellationToken);
        using var routes = JsonDocument.Parse(found.Output.Trim().Length == 0 ? "[]" : found.Output);
        foreach (var route in routes.RootElement.EnumerateArray())
        {
            var device = route.TryGetProperty("dev", out var name) ? name.GetString() : "another device";
            if (device != HostLink)
            {
                throw new UplinkException($"this machine already routes {provider.Network} by {device}: choose another provider network, or run inside a network namespace");
            }
        }

        await NetworkLinks.BatchAsync(null, [$"route replace {provider.Network} via {via} dev {HostLink}"], cancellationToken);
    }

    /// <summary>A /30 of 198.18.0.0/15 (RFC 2544: never on the Internet), chosen by the instance's name.</summary>
    private (IPAddress Host, IPAddress Inner, int Prefix) HostAddresses()
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(instance));
        byte[] network = [198, (byte)(18 + (hash[0] & 1)), hash[1], (byte)(hash[2] & 0xfc)];
        IPAddress At(byte offset) => new([network[0], network[1], network[2], (byte)(network[3] + offset)]);
        return (At(1), At(2), 30);
    }
}

internal sealed class UplinkException(string message) : Exception(message);
