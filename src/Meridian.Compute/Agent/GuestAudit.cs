// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Drivers;
using Meridian.Platform.Audit;

namespace Meridian.Compute.Agent;

/// <summary>Which servers the hosts of this nova-compute have a guest of, and which they have files of.</summary>
internal sealed class GuestAudit(ComputeHosts hosts) : IAudit
{
    public async Task<AuditReport> RunAsync(CancellationToken cancellationToken)
    {
        var guests = new List<string>();
        var files = new List<string>();
        foreach (var host in hosts.All)
        {
            guests.AddRange((await host.Driver.ListAsync(cancellationToken)).Select(guest => guest.ServerId));
            if (host.Driver is IGuestStorage storage)
            {
                files.AddRange((await storage.ListFilesAsync(cancellationToken)).Select(entry => entry.ServerId));
            }
        }

        return new([], new Dictionary<string, IReadOnlyList<string>> { ["guest"] = guests, ["files"] = files });
    }
}
