// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Catalog;

/// <summary>An endpoint as the API shows it: its region under the old name too.</summary>
internal static class EndpointView
{
    public static void Write(Utf8JsonWriter writer, Endpoint endpoint, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", endpoint.Id);
        writer.WriteString("interface", endpoint.Interface);
        writer.WriteString("region_id", endpoint.RegionId);
        writer.WriteString("service_id", endpoint.ServiceId);
        writer.WriteString("url", endpoint.Url);
        writer.WriteBoolean("enabled", endpoint.Enabled);
        writer.WriteString("region", endpoint.RegionId);
        writer.WriteExtra(endpoint.Extra);
        writer.WriteSelfLink(request.Url("endpoints/" + endpoint.Id));
        writer.WriteEndObject();
    }

    /// <summary>A list that no query bears on, under the request's own path.</summary>
    public static JsonAnswer Answer(IReadOnlyList<Endpoint> rows, IdentityRequest request) => request.List().Answer(
        "endpoints", request.Root + request.HttpRequest.Path, new ListPage<Endpoint>(rows, null, false), (writer, endpoint) => Write(writer, endpoint, request));
}
