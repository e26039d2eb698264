// SPDX-License-Identifier: Apache-2.0
using Meridian.Network.Drivers.Ovn;
using Meridian.Platform.Config;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Drivers;

internal static class DriverFactory
{
    /// <summary>The driver that [ml2] mechanism_drivers names; nothing selects the simulated one silently (DESIGN 21).</summary>
    /// <exception cref="ConfigException">Another driver is named, or its connection is wrong.</exception>
    public static INetworkDriver Create(IServiceProvider services, ServiceConfig config)
    {
        var names = config.Get(Ml2Options.MechanismDrivers);
        return names switch
        {
            ["simulated"] => new SimulatedNetworkDriver(),
            ["ovn"] => new OvnNetworkDriver(OvnDriverSettings.From(config), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<OvnNetworkDriver>>()),
            _ => throw new ConfigException($"{config.Describe(Ml2Options.MechanismDrivers)}: \"{string.Join(',', names)}\" is not a driver that Meridian has; expected ovn or simulated."),
        };
    }
}
