// SPDX-License-Identifier: Apache-2.0
using Meridian.Host.State;
using Meridian.Platform.Processes;

namespace Meridian.Host.Setup;

/// <summary>The image that `up` puts into each region: built from Debian's packages, or a small empty disk where guests are simulated.</summary>
internal sealed record GuestImage(string File, string DiskFormat)
{
    private const int SimulatedBytes = 1024 * 1024;

    public static async Task<GuestImage> EnsureAsync(CloudPlan cloud, StateDirectory state, Installation installation, CancellationToken cancellationToken)
    {
        if (cloud.Simulated)
        {
            var disk = Path.Combine(state.Root, "lib", "simulated.raw");
            await System.IO.File.WriteAllBytesAsync(disk, new byte[SimulatedBytes], cancellationToken);
            return new(disk, "raw");
        }

        // Beside the build, so that other state directories find it too.
        var image = Path.Combine(installation.Cache("guest"), "meridian-guest.qcow2");
        await ProcessRunner.RunAsync(installation.File("guest/build-guest"), [image], new ProcessOptions { Timeout = TimeSpan.FromMinutes(15) }, cancellationToken);
        return new(image, "qcow2");
    }
}
