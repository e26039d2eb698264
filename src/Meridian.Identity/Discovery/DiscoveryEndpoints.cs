// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.Discovery;

/// <summary>/ and /v3: version documents and JSON home. Source: identity v3 API, "API versions"; draft-nottingham-json-home.</summary>
internal static class DiscoveryEndpoints
{
    private const string JsonHome = "application/json-home";

    public static void MapDiscovery(this WebApplication app)
    {
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)VersionsAsync).AllowAnonymous();
        app.MapMethods("/v3", [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)VersionAsync).AllowAnonymous();
    }

    private static Task VersionsAsync(HttpContext http)
    {
        if (WantsJsonHome(http.Request))
        {
            return WriteHomeAsync(http, "/v3");
        }

        http.Response.Headers.Location = IdentityRequest.RootOf(http) + "/v3/";
        return new JsonAnswer(StatusCodes.Status300MultipleChoices, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("versions");
            writer.WriteStartArray("values");
            WriteVersion(writer, http);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }).ExecuteAsync(http);
    }

    private static Task VersionAsync(HttpContext http) => WantsJsonHome(http.Request)
        ? WriteHomeAsync(http, "")
        : JsonAnswer.Member(StatusCodes.Status200OK, "version", writer => WriteVersion(writer, http)).ExecuteAsync(http);

    private static void WriteVersion(Utf8JsonWriter writer, HttpContext http)
    {
        writer.WriteStartObject();
        writer.WriteString("id", "v3.14");
        writer.WriteString("status", "stable");
        writer.WriteString("updated", "2020-04-07T00:00:00Z");
        writer.WriteStartArray("links");
        writer.WriteStartObject();
        writer.WriteString("rel", "self");
        writer.WriteString("href", IdentityRequest.RootOf(http) + "/v3/");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartArray("media-types");
        writer.WriteStartObject();
        writer.WriteString("base", "application/json");
        writer.WriteString("type", "application/vnd.openstack.identity-v3+json");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static bool WantsJsonHome(HttpRequest request) =>
        request.Headers.Accept.ToString().Split(',')[0].Split(';')[0].Trim().Equals(JsonHome, StringComparison.OrdinalIgnoreCase);

    private static Task WriteHomeAsync(HttpContext http, string prefix)
    {
        http.Response.ContentType = JsonHome;
        return http.Response.WriteAsync(JsonHomeDocument.Render(prefix), http.RequestAborted);
    }
}
