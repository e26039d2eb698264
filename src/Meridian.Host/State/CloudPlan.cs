// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Text.Json.Serialization;

using Meridian.Platform.Config;

namespace Meridian.Host.State;

/// <summary>One region of the cloud that <c>up</c> runs on this machine.</summary>
/// <param name="Index">0 is the region that has Keystone.</param>
/// <param name="ProviderNetwork">First three octets of the provider network `public`, a /24.</param>
internal sealed record RegionPlan(string Name, int Index, string Address, string ProviderNetwork)
{
    [JsonIgnore]
    public bool HasIdentity => Index == 0;

    /// <summary>Name of the one compute host and OVN chassis that a region has on this machine.</summary>
    [JsonIgnore]
    public string HostName => "host-" + Name.ToLowerInvariant();

    [JsonIgnore]
    public string ProviderCidr => ProviderNetwork + ".0/24";

    /// <summary>The address as it stands in a URL: IPv6 in brackets.</summary>
    [JsonIgnore]
    public string UrlHost => Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]" : Address;

    public string Url(int port, string path = "") => $"http://{UrlHost}:{port}{path}";
}

/// <summary>What <c>up</c> decided for a state directory, kept there so that the next <c>up</c> goes on with the same.</summary>
/// <param name="Id">Names network namespaces and the like, which all state directories of a machine share.</param>
internal sealed record CloudPlan(int Version, string Id, bool Simulated, IReadOnlyList<RegionPlan> Regions)
{
    private const int CurrentVersion = 1;

    private static readonly string[] Names = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];

    public const int MostRegions = 10;

    [JsonIgnore]
    public RegionPlan Identity => Regions[0];

    [JsonIgnore]
    public string KeystoneUrl => Identity.Url(5000, "/v3");

    /// <summary>The plan of a new state directory, or the kept one with what the command line asks for now.</summary>
    /// <exception cref="ConfigException">What is asked for contradicts what the state directory holds.</exception>
    public static CloudPlan Decide(CloudPlan? kept, bool simulate, int? regions, IReadOnlyDictionary<string, string> addresses)
    {
        if (kept is not null && kept.Version > CurrentVersion)
        {
            throw new ConfigException("This state directory was made by a newer Meridian.");
        }

        if (kept is not null && kept.Simulated != simulate)
        {
            throw new ConfigException(kept.Simulated
                ? "This state directory holds a simulated cloud: say `up --simulate`, or give another --state-dir for a real one."
                : "This state directory holds a cloud with real engines: leave out --simulate, or give another --state-dir.");
        }

        var count = Math.Max(regions ?? 2, kept?.Regions.Count ?? 0);
        if (regions < kept?.Regions.Count)
        {
            throw new ConfigException($"This state directory holds {kept.Regions.Count} regions; `up` does not take regions away (`reset` starts afresh).");
        }

        var plans = Enumerable.Range(0, count)
            .Select(i => kept is not null && i < kept.Regions.Count ? kept.Regions[i] : new RegionPlan("Region" + Names[i], i, $"127.0.0.{15 + (8 * i)}", $"172.24.{4 + i}"))
            .ToList();
        foreach (var (name, address) in addresses)
        {
            var i = plans.FindIndex(p => p.Name == name);
            if (i < 0)
            {
                throw new ConfigException($"--address {name}={address}: there is no region {name}; this cloud has {string.Join(", ", plans.Select(p => p.Name))}.");
            }

            plans[i] = plans[i] with { Address = IPAddress.TryParse(address, out var ip) ? ip.ToString() : throw new ConfigException($"--address {name}={address}: {address} is not an IP address.") };
        }

        if (plans.GroupBy(p => p.Address).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ConfigException($"Regions {string.Join(" and ", twice.Select(p => p.Name))} have the same address {twice.Key}; each needs one of its own.");
        }

        return new(CurrentVersion, kept?.Id ?? Guid.NewGuid().ToString("N")[..6], simulate, plans);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(CloudPlan))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(List<string>))]
internal sealed partial class StateJson : JsonSerializerContext;
