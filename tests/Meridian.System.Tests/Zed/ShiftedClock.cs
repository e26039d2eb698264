// SPDX-License-Identifier: Apache-2.0
namespace Meridian.System.Tests.Zed;

/// <summary>The machine's clock, or one beside it: what another process must find expired is made in its past.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
