// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform;

using Microsoft.AspNetCore.Builder;

using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Meridian.Host.Telemetry;

/// <summary>
/// /metrics of each API: all meters of this process, with region and service as tags. The one place that knows the exporter, which is a beta.
/// Services use only System.Diagnostics.
/// </summary>
internal sealed class Metrics : IDisposable
{
    private readonly MeterProvider provider = Sdk.CreateMeterProviderBuilder()
        .AddMeter("Meridian.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
        .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 1000)
        .Build();

    /// <summary>Maps /metrics in front of routing and tokens. Counting begins with the first program of the process that maps it.</summary>
    public static void Map(WebApplication app, ProcessResources resources)
    {
        var metrics = resources.Get("process", static () => new Metrics());
        app.UseOpenTelemetryPrometheusScrapingEndpoint(metrics.provider, null, "/metrics", null, null);
    }

    public void Dispose() => provider.Dispose();
}
