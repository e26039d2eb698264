// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Messaging;

public static class MessagingServices
{
    /// <summary>Adds <see cref="IMessageBus"/> as [DEFAULT] transport_url names it. Nothing is connected before its first use.</summary>
    /// <exception cref="ConfigException">The URL is wrong.</exception>
    public static IServiceCollection AddMessaging(this IServiceCollection services, ServiceConfig config)
    {
        var text = config.Get(DefaultOptions.TransportUrl)!;
        var url = TransportUrl.Parse(text, config.Describe(DefaultOptions.TransportUrl));
        var timeout = config.Get(MessagingOptions.RpcResponseTimeout);
        return services.AddSingleton<IMessageBus>(provider => url.IsInProcess
            ? new FakeBus(
                provider.GetRequiredService<ProcessResources>().Get("bus " + text, static () => new FakeBroker()), timeout,
                provider.GetService<ILogger<FakeBus>>() ?? NullLogger<FakeBus>.Instance)
            : new RabbitBus(
                url, RabbitSettings.From(config), timeout, provider.GetRequiredService<TimeProvider>(), provider.GetService<ILogger<RabbitBus>>() ?? NullLogger<RabbitBus>.Instance));
    }
}
