// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Compute.Drivers.Vifs;

/// <summary>Connects guests' taps to the host's virtual switch, as os-vif does. Idempotent both ways.</summary>
internal interface IVifPlugger
{
    /// <summary>Makes the tap when there's none, and connects it. A vif that is plugged is left as it is.</summary>
    /// <exception cref="HypervisorException">The switch refused, or the vif is of a type that isn't known.</exception>
    Task PlugAsync(string serverId, GuestVif vif, CancellationToken cancellationToken);

    /// <summary>Takes the tap and all that connects it away. Returns normally when there's none.</summary>
    Task UnplugAsync(string tapName, CancellationToken cancellationToken);

    /// <summary>The taps of guests on this host, for the audit.</summary>
    Task<IReadOnlyList<string>> ListTapsAsync(CancellationToken cancellationToken);
}
