// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.ServerGroups;
using Meridian.Platform.Config;

namespace Meridian.Compute.Scheduling;

/// <summary>Decides whether a host may have a server. Names and meaning are nova's (nova admin guide, "Compute schedulers").</summary>
internal sealed record HostFilter(string Name, Func<HostState, SelectHost, bool> Passes);

internal static class HostFilters
{
    private static readonly HostFilter[] Known =
    [
        new("AllHostsFilter", static (_, _) => true),
        new("ComputeFilter", static (host, _) => host.IsUp && !host.IsDisabled),
        new("AvailabilityZoneFilter", static (host, request) => request.Zone is null || request.Zone == host.Zone),
        new("ComputeCapabilitiesFilter", HasCapabilities),
        new("ImagePropertiesFilter", SuitsImage),
        new("ServerGroupAntiAffinityFilter", static (host, request) => request.Group is not { Policy: ServerGroup.AntiAffinity } group || group.Allows(host.Host)),
        new("ServerGroupAffinityFilter", static (host, request) => request.Group is not { Policy: ServerGroup.Affinity } group || group.Allows(host.Host)),
    ];

    /// <summary>The filters that [filter_scheduler] enabled_filters names, in its order.</summary>
    /// <exception cref="ConfigException">There is no filter of a name.</exception>
    public static IReadOnlyList<HostFilter> Enabled(ServiceConfig config) =>
    [
        .. config.Get(SchedulerOptions.EnabledFilters).Select(name => Known.FirstOrDefault(f => f.Name == name[(name.LastIndexOf('.') + 1)..])
            ?? throw new ConfigException($"{config.Describe(SchedulerOptions.EnabledFilters)}: there is no filter {name}; there are {string.Join(", ", Known.Select(f => f.Name))}.")),
    ];

    private static bool SuitsImage(HostState host, SelectHost request)
    {
        var properties = request.ImageProperties;
        var architecture = properties.GetValueOrDefault("hw_architecture") ?? properties.GetValueOrDefault("architecture");
        var type = properties.GetValueOrDefault("img_hv_type") ?? properties.GetValueOrDefault("hypervisor_type");
        return (architecture is null || Canonical(architecture) == Canonical(host.Info.Cpu.Architecture))
            && (type is null || SameHypervisor(type, host.Info.Type));
    }

    // QEMU and KVM are one driver.
    private static bool SameHypervisor(string wanted, string actual)
    {
        static string Family(string type) => type.ToLowerInvariant() is "kvm" or "qemu" ? "qemu" : type.ToLowerInvariant();
        return Family(wanted) == Family(actual);
    }

    private static string Canonical(string architecture) => architecture.ToLowerInvariant() switch
    {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "i386" or "i486" or "i586" => "i686",
        var other => other,
    };

    // capabilities:… against what the host reports.
    private static bool HasCapabilities(HostState host, SelectHost request)
    {
        foreach (var (key, wanted) in request.ExtraSpecs)
        {
            if (!key.StartsWith("capabilities:", StringComparison.Ordinal))
            {
                continue;
            }

            var actual = key["capabilities:".Length..] switch
            {
                "hypervisor_type" => host.Info.Type,
                "hypervisor_version" => host.Info.Version.ToString(),
                "hypervisor_hostname" => host.Info.Hostname,
                "cpu_info:arch" or "cpu_arch" => host.Info.Cpu.Architecture,
                "cpu_info:vendor" => host.Info.Cpu.Vendor,
                "cpu_info:model" => host.Info.Cpu.Model,
                "cpu_info:features" => string.Join(' ', host.Info.Cpu.Features),
                _ => null,
            };
            if (actual is null || !ExtraSpecOperator.Matches(actual, wanted))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>The operators of extra specs: =, ==, !=, &gt;=, &lt;=, s==, s!=, &lt;in&gt;, &lt;all-in&gt;, &lt;or&gt;; else equality. Source: nova admin guide.</summary>
internal static class ExtraSpecOperator
{
    public static bool Matches(string actual, string wanted)
    {
        var words = wanted.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2)
        {
            return actual == wanted;
        }

        return words[0] switch
        {
            "=" => Compare(actual, words[1], static (a, b) => a >= b),
            "==" => Compare(actual, words[1], static (a, b) => a == b),
            "!=" => Compare(actual, words[1], static (a, b) => a != b),
            ">=" => Compare(actual, words[1], static (a, b) => a >= b),
            "<=" => Compare(actual, words[1], static (a, b) => a <= b),
            "s==" => actual == words[1],
            "s!=" => actual != words[1],
            "s>=" => string.CompareOrdinal(actual, words[1]) >= 0,
            "s<=" => string.CompareOrdinal(actual, words[1]) <= 0,
            "s>" => string.CompareOrdinal(actual, words[1]) > 0,
            "s<" => string.CompareOrdinal(actual, words[1]) < 0,
            "<in>" => actual.Contains(words[1], StringComparison.Ordinal),
            "<all-in>" => words[1..].All(word => actual.Contains(word, StringComparison.Ordinal)),
            "<or>" => words.Where((_, i) => i % 2 == 1).Contains(actual, StringComparer.Ordinal),
            _ => actual == wanted,
        };
    }

    private static bool Compare(string actual, string wanted, Func<double, double, bool> compare) =>
        double.TryParse(actual, out var a) && double.TryParse(wanted, out var b) && compare(a, b);
}
