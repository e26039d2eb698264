// SPDX-License-Identifier: Apache-2.0

using Meridian.Network.Drivers;

namespace Meridian.Network.Tests.Drivers;

public sealed class SimulatedNetworkDriverTests : NetworkDriverContract
{
    internal override INetworkDriver Driver { get; } = new SimulatedNetworkDriver();

    internal override Task PlugAsync(PortState port) => Task.CompletedTask;

    [Fact]
    public void It_announces_itself() => Assert.Equal("simulated", Driver.Type);
}
