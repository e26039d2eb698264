// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Meridian.Compute.Versions;

/// <summary>Version documents; no token needed. Source: OpenStack Compute API reference, "API Versions".</summary>
internal static class VersionEndpoints
{
    public static void MapVersions(this WebApplication app)
    {
        app.MapGet("/", (HttpRequest http, ComputeRequest request) => JsonAnswer.Object(json =>
        {
            json.WriteStartArray("versions");
            Write(json, request.Root(http), "v2.0", full: false);
            Write(json, request.Root(http), "v2.1", full: false);
            json.WriteEndArray();
        })).AllowAnonymous();
        foreach (var (path, id) in new[] { ("/v2.1", "v2.1"), ("/v2", "v2.0") })
        {
            app.MapGet(path, (HttpRequest http, ComputeRequest request) => JsonAnswer.Object(json =>
            {
                json.WritePropertyName("version");
                Write(json, request.Root(http), id, full: true);
            })).AllowAnonymous();
        }
    }

    private static void Write(Utf8JsonWriter json, string root, string id, bool full)
    {
        var current = id == "v2.1";
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("status", current ? "CURRENT" : "SUPPORTED");
        json.WriteString("version", current ? ComputeVersions.Highest.ToString() : "");
        json.WriteString("min_version", current ? ComputeVersions.Lowest.ToString() : "");
        json.WriteString("updated", current ? "2013-07-23T11:33:21Z" : "2011-01-21T11:33:21Z");
        json.WriteStartArray("links");
        ComputeRequest.WriteLink(json, "self", $"{root}/{(current ? "v2.1" : "v2")}/");
        if (full)
        {
            json.WriteStartObject();
            json.WriteString("rel", "describedby");
            json.WriteString("type", "text/html");
            json.WriteString("href", "http://docs.openstack.org/");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (full)
        {
            json.WriteStartArray("media-types");
            json.WriteStartObject();
            json.WriteString("base", "application/json");
            json.WriteString("type", $"application/vnd.openstack.compute+json;version={(current ? "2.1" : "2")}");
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
