// SPDX-License-Identifier: Apache-2.0

using System.Text.Json;
using Meridian.Platform.Native;
using Meridian.Platform.Processes;

namespace Meridian.Host.Engines;

/// <summary>
/// What guests' plugs leave on the machine (nova-compute's OvsPlugger makes them): a tap and a bridge in the host's network namespace for each
/// qvo link of the region's. They are made again when a guest starts.
/// </summary>
internal static class GuestLinks
{
    private const string SwitchEnd = "qvo";

    /// <summary>Removes the region's; returns normally when its namespace is gone, and with it the only trace of whose they were.</summary>
    public static async Task RemoveAsync(string @namespace, CancellationToken cancellationToken)
    {
        if (!NetworkNamespace.Exists(@namespace))
        {
            return;
        }

        var found = await ProcessRunner.RunAsync("ip", ["-json", "-n", @namespace, "link", "show"], ProcessOptions.Default, cancellationToken);
        using var links = JsonDocument.Parse(found.Output.Trim().Length == 0 ? "[]" : found.Output);
        foreach (var link in links.RootElement.EnumerateArray())
        {
            if (link.TryGetProperty("ifname", out var name) && name.GetString() is { } text && text.StartsWith(SwitchEnd, StringComparison.Ordinal))
            {
                await NetworkLinks.DeleteAsync(null, "tap" + text[SwitchEnd.Length..], cancellationToken);
                await NetworkLinks.DeleteAsync(null, "qbr" + text[SwitchEnd.Length..], cancellationToken);
            }
        }
    }
}
