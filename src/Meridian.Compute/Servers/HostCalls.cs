// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Agent;
using Meridian.Compute.Drivers;
using Meridian.Compute.Services;
using Meridian.Platform.Config;
using Meridian.Platform.Messaging;
using Meridian.Platform.Sagas;

using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Servers;

/// <summary>Long calls of a compute host: asked again while the host lives, given up when it is down.</summary>
internal sealed partial class HostCalls(IMessageBus bus, HostStore hosts, ServiceConfig config, TimeProvider clock, ILogger<HostCalls> logger)
{
    private readonly TimeSpan longest = config.Get(NovaOptions.LongRpcTimeout);

    /// <exception cref="StepFailedException">The host refused, or is down, or took longer than long_rpc_timeout.</exception>
    public async Task<GuestPower> CallAsync<TArguments>(
        string host, BusMethod<TArguments, GuestPower> method, TArguments arguments, string? requestId, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await bus.CallAsync(ComputeTopic.Of(host), method, arguments, null, requestId, cancellationToken);
            }
            catch (RemoteException exception) when (exception.Is<HypervisorException>())
            {
                throw new StepFailedException(exception.Message, 500, exception);
            }
            catch (BusTimeoutException exception)
            {
                if (!await IsUpAsync(host, cancellationToken))
                {
                    throw new StepFailedException("The server's host does not answer.", 500, exception);
                }

                if (clock.GetElapsedTime(began) > longest)
                {
                    throw new StepFailedException("The server's host took too long.", 500, exception);
                }
            }
        }
    }

    /// <summary>Ensures that the host has no such guest; one that is down removes it when it is back.</summary>
    public async Task DestroyAsync(string host, Server server, string? requestId, CancellationToken cancellationToken)
    {
        if (!await IsUpAsync(host, cancellationToken))
        {
            LogDown(logger, server.Id, host);
            return;
        }

        await bus.CallAsync(ComputeTopic.Of(host), ComputeTopic.Destroy, new GuestRef(host, server.Id, GuestSpecs.Vifs(server)), null, requestId, cancellationToken);
    }

    public async Task<bool> IsUpAsync(string host, CancellationToken cancellationToken) =>
        await hosts.FindComputeAsync(host, cancellationToken) is { } service && hosts.IsUp(service);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Host {Host} is down: its guest of server {ServerId} is removed when it is back")]
    private static partial void LogDown(ILogger logger, string serverId, string host);
}
