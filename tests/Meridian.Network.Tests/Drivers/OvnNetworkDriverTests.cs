// SPDX-License-Identifier: Apache-2.0

using Meridian.Network.Drivers;

namespace Meridian.Network.Tests.Drivers;

/// <summary>The contract, against real OVN.</summary>
[Trait("needs", "root")]
public sealed class OvnNetworkDriverTests(OvnFixture ovn) : NetworkDriverContract, IAsyncLifetime
{
    private GuestNamespace? guest;

    internal override INetworkDriver Driver => ovn.Driver;

    public async ValueTask InitializeAsync() => await ovn.StartAsync(Token);

    public async ValueTask DisposeAsync()
    {
        if (guest is not null)
        {
            await guest.DisposeAsync();
        }
    }

    internal override async Task PlugAsync(PortState port) => guest = await ovn.PlugAsync(port.Id, port.MacAddress, Token);
}
