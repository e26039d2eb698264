// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Platform.Http;

namespace Meridian.Compute.Flavors;

/// <summary>
/// What extra specs may hold from 2.86 on. Unknown names in the namespaces that nova defines are refused, other namespaces are the operator's.
/// Source: Compute API microversion 2.86, nova user guide "Extra specs".
/// </summary>
internal static class ExtraSpecRules
{
    private static readonly string[] Namespaces = ["accel", "aggregate_instance_extra_specs", "capabilities", "hw", "hw_rng", "hw_video", "os", "pci_passthrough", "powervm", "quota", "resources", "trait", "vmware"];
    private static readonly string[] FreeNamespaces = ["aggregate_instance_extra_specs", "capabilities", "resources", "trait"];

    private static readonly Dictionary<string, Func<string, string?>> Known = new(StringComparer.Ordinal)
    {
        ["hw:cpu_policy"] = OneOf("dedicated", "shared", "mixed"),
        ["hw:cpu_thread_policy"] = OneOf("prefer", "isolate", "require"),
        ["hw:emulator_threads_policy"] = OneOf("isolate", "share"),
        ["hw:mem_page_size"] = static _ => null,
        ["hw:mem_encryption"] = Boolean,
        ["hw:boot_menu"] = Boolean,
        ["hw:hide_hypervisor_id"] = Boolean,
        ["hw:numa_nodes"] = Number(1),
        ["hw:cpu_sockets"] = Number(1),
        ["hw:cpu_cores"] = Number(1),
        ["hw:cpu_threads"] = Number(1),
        ["hw:cpu_max_sockets"] = Number(1),
        ["hw:cpu_max_cores"] = Number(1),
        ["hw:cpu_max_threads"] = Number(1),
        ["hw:cpu_realtime"] = Boolean,
        ["hw:cpu_realtime_mask"] = static _ => null,
        ["hw:cpu_dedicated_mask"] = static _ => null,
        ["hw:serial_port_count"] = Number(0),
        ["hw:watchdog_action"] = OneOf("none", "pause", "poweroff", "reset", "disabled"),
        ["hw:pci_numa_affinity_policy"] = OneOf("required", "preferred", "legacy", "socket"),
        ["hw:vif_multiqueue_enabled"] = Boolean,
        ["hw:pmem"] = static _ => null,
        ["hw:tpm_version"] = OneOf("1.2", "2.0"),
        ["hw:tpm_model"] = OneOf("tpm-tis", "tpm-crb"),
        ["hw:locked_memory"] = Boolean,
        ["hw:maxphysaddr_mode"] = OneOf("passthrough", "emulate"),
        ["hw:maxphysaddr_bits"] = Number(0),
        ["hw:viommu_model"] = OneOf("intel", "smmuv3", "virtio", "auto"),
        ["hw_rng:allowed"] = Boolean,
        ["hw_rng:rate_bytes"] = Number(0),
        ["hw_rng:rate_period"] = Number(0),
        ["hw_video:ram_max_mb"] = Number(0),
        ["os:secure_boot"] = OneOf("disabled", "required", "optional"),
        ["accel:device_profile"] = static _ => null,
        ["pci_passthrough:alias"] = static _ => null,
    };

    private static readonly string[] Quotas =
    [
        "cpu_shares", "cpu_period", "cpu_quota", "disk_read_bytes_sec", "disk_read_iops_sec", "disk_write_bytes_sec", "disk_write_iops_sec", "disk_total_bytes_sec",
        "disk_total_iops_sec", "vif_inbound_average", "vif_inbound_peak", "vif_inbound_burst", "vif_outbound_average", "vif_outbound_peak", "vif_outbound_burst",
    ];

    public static string CheckKey(string key) =>
        key.Length is > 0 and <= 255 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or ' ')
            ? key
            : throw new ApiException(400, $"Invalid input for field/attribute extra_specs. Value: {(key.Length > 255 ? key[..255] : key)}. Key names can only contain alphanumeric characters, periods, dashes, underscores, colons and spaces.");

    /// <exception cref="ApiException">400: a spec is not known, or has a value that means nothing.</exception>
    public static void Check(IReadOnlyDictionary<string, string> specs, Microversion version)
    {
        if (version < new Microversion(2, 86))
        {
            return;
        }

        foreach (var (key, value) in specs)
        {
            var colon = key.IndexOf(':', StringComparison.Ordinal);
            var space = colon < 0 ? "" : key[..colon];
            if (!Namespaces.Contains(space, StringComparer.Ordinal) || FreeNamespaces.Contains(space, StringComparer.Ordinal))
            {
                continue;
            }

            var rule = Known.GetValueOrDefault(key) ?? (space == "quota" && Quotas.Contains(key[(colon + 1)..], StringComparer.Ordinal) ? Number(0) : null)
                ?? (key.StartsWith("hw:numa_", StringComparison.Ordinal) || space is "powervm" or "vmware" || key.StartsWith("resources", StringComparison.Ordinal) ? static _ => null : null);
            if (rule is null)
            {
                throw new ApiException(400, $"Validation failed; extra spec '{key}' does not appear to be a valid extra spec.");
            }

            if (rule(value) is { } fault)
            {
                throw new ApiException(400, $"Validation failed; {fault}.");
            }
        }
    }

    private static Func<string, string?> OneOf(params string[] values) =>
        value => values.Contains(value, StringComparer.Ordinal) ? null : $"'{value}' is not one of: {string.Join(", ", values)}";

    private static Func<string, string?> Number(long min) => value =>
        !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? $"Failed to parse '{value}' as an integer"
        : number < min ? $"'{value}' must be greater than or equal to {min}"
        : null;

    private static string? Boolean(string value) =>
        value.ToLowerInvariant() is "t" or "true" or "on" or "y" or "yes" or "1" or "f" or "false" or "off" or "n" or "no" or "0" ? null : $"Failed to parse '{value}' as a boolean";
}
