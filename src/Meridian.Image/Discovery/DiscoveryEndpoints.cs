// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Image.Discovery;

/// <summary>Version documents and /v2/info. Source: Image API v2 reference, "API versions" and "Discovery".</summary>
internal static class DiscoveryEndpoints
{
    /// <summary>The versions whose every change is done; 2.6 (interoperable import) is not.</summary>
    private static readonly string[] Versions = ["v2.7", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"];

    public static void MapVersions(this WebApplication app)
    {
        app.MapGet("/", (HttpRequest request, ServiceConfig config) => Show(request, config, 300)).AllowAnonymous();
        app.MapGet("/v2", (HttpRequest request, ServiceConfig config) => Show(request, config, 300)).AllowAnonymous();
        app.MapGet("/versions", (HttpRequest request, ServiceConfig config) => Show(request, config, 200)).AllowAnonymous();
    }

    public static void MapInfo(this RouteGroupBuilder api)
    {
        api.MapGet("/info/import", ShowImport).WithTags("discovery");
        api.MapGet("/info/stores", ShowStores).WithTags("discovery");
        api.MapGet("/images/{id}/tasks", ListImageTasksAsync).WithTags("tasks");
        api.MapGet("/tasks", ListTasks).WithTags("tasks");
    }

    private static ImageAnswer Show(HttpRequest request, ServiceConfig config, int status)
    {
        var root = config.Get(ImageOptions.PublicEndpoint)?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}";
        return new(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("versions");
                foreach (var version in Versions)
                {
                    json.WriteStartObject();
                    json.WriteString("id", version);
                    json.WriteString("status", version == Versions[0] ? "CURRENT" : "SUPPORTED");
                    json.WriteStartArray("links");
                    json.WriteStartObject();
                    json.WriteString("rel", "self");
                    json.WriteString("href", root + "/v2/");
                    json.WriteEndObject();
                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            status);
    }

    // No import methods: data comes in by upload.
    private static ImageAnswer ShowImport() => new(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("import-methods");
        json.WriteString("description", "Import methods available.");
        json.WriteString("type", "array");
        json.WriteStartArray("value");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static ImageAnswer ShowStores(ServiceConfig config) => config.Get(ImageOptions.EnabledBackends).Length == 0
        ? throw new ApiException(404, "Multi backend is not supported at this site.")
        : new(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("stores");
            json.WriteStartObject();
            json.WriteString("id", "file");
            json.WriteString("default", "true");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static async Task<IResult> ListImageTasksAsync(
        string id, RequestContext context, IPolicyEnforcer policy, Images.ImageStore images, CancellationToken cancellationToken)
    {
        var image = await images.FindVisibleAsync(id, context, cancellationToken) ?? throw new ApiException(404, "");
        policy.RequireOn(context, ImagePolicies.Get, image);
        return new ImageAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("tasks");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    // Tasks are made by imports, of which there are none.
    private static ImageAnswer ListTasks(RequestContext context, IPolicyEnforcer policy)
    {
        policy.Require(context, ImagePolicies.GetTasks, PolicyTarget.None);
        return new(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("tasks");
            json.WriteEndArray();
            json.WriteString("first", "/v2/tasks");
            json.WriteString("schema", "/v2/schemas/tasks");
            json.WriteEndObject();
        });
    }
}
