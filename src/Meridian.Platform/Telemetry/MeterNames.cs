// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Telemetry;

/// <summary>Names of Platform's meters, for the host's exporters. Region and service are tags.</summary>
public static class MeterNames
{
    public const string Sagas = "Meridian.Sagas";

    public const string Messaging = "Meridian.Messaging";
}
