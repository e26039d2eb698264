// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Sagas;

using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Services;

/// <summary>Reports nova-scheduler and nova-conductor, which have the database at hand, as up.</summary>
internal sealed class ServiceReporter(HostStore store, ServiceConfig config, ServiceIdentity identity, TimeProvider clock, ILogger<ServiceReporter> logger)
    : Reconciler(clock, logger)
{
    protected override TimeSpan Interval { get; } = config.Get(NovaOptions.ReportInterval);

    public override async Task<int> ReconcileAsync(CancellationToken cancellationToken)
    {
        await store.ReportAsync(identity.Program, config.Get(NovaOptions.Host) ?? Environment.MachineName, cancellationToken);
        return 0;
    }
}
