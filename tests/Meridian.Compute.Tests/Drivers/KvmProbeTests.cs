// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Drivers.Libvirt;

namespace Meridian.Compute.Tests.Drivers;

/// <summary>A KVM that is there but cannot run guests must not be chosen: `up` boots a guest of one sector first.</summary>
[Trait("needs", "engines")]
public sealed class KvmProbeTests
{
    [Fact]
    public async Task A_guest_that_boots_is_no_fault() =>
        Assert.Null(await KvmProbe.BootAsync("tcg", TestContext.Current.CancellationToken));

    [Fact]
    public async Task An_accelerator_that_does_not_work_is_told()
    {
        var fault = await KvmProbe.BootAsync("nosuch", TestContext.Current.CancellationToken);

        Assert.Contains("nosuch", fault, StringComparison.Ordinal);
    }
}
