// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Image.Drivers;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Image.Images;

/// <summary>/v2/images. Source: Image API v2 reference, "Images", "Image tags" and "Image actions".</summary>
internal static class ImageEndpoints
{
    private const int UpdateAttempts = 5;

    public static void MapImages(this RouteGroupBuilder api)
    {
        var images = api.MapGroup("/images").WithTags("images");
        images.MapGet("", ListAsync);
        images.MapPost("", CreateAsync);
        images.MapGet("/{id}", ShowAsync);
        images.MapPatch("/{id}", UpdateAsync);
        images.MapDelete("/{id}", DeleteAsync);
        images.MapPost("/{id}/actions/deactivate", DeactivateAsync);
        images.MapPost("/{id}/actions/reactivate", ReactivateAsync);
        images.MapPut("/{id}/tags/{tag}", AddTagAsync);
        images.MapDelete("/{id}/tags/{tag}", RemoveTagAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, ImageStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var query = ImageQuery.Parse(request.Query, config);
        policy.Require(context, ImagePolicies.List, new PolicyTarget(projectId: context.ProjectId));
        var images = query.Limit == 0 ? [] : await store.ListAsync(query, context, cancellationToken);
        var direct = config.Get(ImageOptions.ShowImageDirectUrl);
        var parameters = request.Query.Where(p => p.Key != "marker").SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? ""))).ToList();
        return new ImageAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("images");
            foreach (var image in images)
            {
                ImageView.Write(json, image, direct);
            }

            json.WriteEndArray();
            json.WriteString("first", "/v2/images" + new QueryBuilder(parameters));
            if (images.Count > 0 && images.Count == query.Limit)
            {
                json.WriteString("next", "/v2/images" + new QueryBuilder([.. parameters, KeyValuePair.Create("marker", images[^1].Row.Id)]));
            }

            json.WriteString("schema", "/v2/schemas/images");
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> CreateAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, ImageStore store, ImageAttributes attributes, ServiceConfig config,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var image = Read(document.RootElement, attributes, context, clock);
        var owner = image.Row.Owner;
        var target = new PolicyTarget(projectId: owner, attributes: new Dictionary<string, object?>(StringComparer.Ordinal) { ["owner"] = owner, ["visibility"] = image.Row.Visibility });
        if (!policy.Allows(context, ImagePolicies.Add, target) && owner != context.ProjectId)
        {
            throw new ApiException(403, $"You are not permitted to create images owned by '{owner}'");
        }

        policy.Require(context, ImagePolicies.Add, target);
        policy.RequireVisibility(context, image.Row.Visibility, target);
        attributes.CheckQuotas(image);
        await store.InsertAsync(image, cancellationToken);
        return new ImageAnswer(json => ImageView.Write(json, image, config.Get(ImageOptions.ShowImageDirectUrl)), 201, $"/v2/images/{image.Row.Id}");
    }

    private static ImageRecord Read(JsonElement body, ImageAttributes attributes, RequestContext context, TimeProvider clock)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw ImageAttributes.Invalid($"{body.GetRawText()} is not of type 'object'");
        }

        var id = Guid.NewGuid().ToString("D");
        if (body.TryGetProperty("id", out var given))
        {
            id = given.ValueKind == JsonValueKind.String && Guid.TryParseExact(given.GetString(), "D", out _) ? given.GetString()!
                : throw ImageAttributes.Invalid($"{given.GetRawText()} does not match the pattern of an image's id");
        }

        var now = clock.GetUtcNow().UtcDateTime;
        var image = new ImageRecord(new Image { Id = id, Owner = context.ProjectId, CreatedAt = now, UpdatedAt = now }, new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        foreach (var member in body.EnumerateObject().Where(m => m.Name != "id"))
        {
            ImageAttributes.CheckMayWrite(member.Name);
            attributes.Set(image, member.Name, member.Value);
        }

        return image;
    }

    private static async Task<IResult> ShowAsync(
        string id, RequestContext context, IPolicyEnforcer policy, ImageStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var image = await store.GetVisibleAsync(id, context, cancellationToken);
        policy.RequireOn(context, ImagePolicies.Get, image);
        return new ImageAnswer(json => ImageView.Write(json, image, config.Get(ImageOptions.ShowImageDirectUrl)));
    }

    private static async Task<IResult> UpdateAsync(
        string id, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ImageStore store, ImageAttributes attributes, ServiceConfig config,
        CancellationToken cancellationToken)
    {
        var media = request.ContentType?.Split(';')[0].Trim();
        if (media is not (ImagePatch.MediaType or ImagePatch.OldMediaType))
        {
            throw new ApiException(415, $"Image PATCH expects Content-Type one of: {ImagePatch.OldMediaType}, {ImagePatch.MediaType}")
            {
                Headers = { ["Accept-Patch"] = $"{ImagePatch.OldMediaType}, {ImagePatch.MediaType}" },
            };
        }

        using var document = await request.ReadJsonDocumentAsync(cancellationToken, anyMediaType: true);
        var changes = ImagePatch.Read(document.RootElement, media == ImagePatch.OldMediaType);
        await ChangeAsync(id, context, store, image => ImagePatch.Apply(image, changes, attributes, policy, context), cancellationToken);
        return await ShowAsync(id, context, policy, store, config, cancellationToken);
    }

    private static async Task<IResult> DeleteAsync(
        string id, RequestContext context, IPolicyEnforcer policy, ImageStore store, IImageStore data, CancellationToken cancellationToken)
    {
        var image = await store.FindVisibleAsync(id, context, cancellationToken) ?? throw new ApiException(404, $"Failed to find image {id} to delete");
        policy.RequireOn(context, ImagePolicies.Delete, image);
        if (!await store.TryDeleteAsync(id, cancellationToken))
        {
            throw image.Row.Protected
                ? new ApiException(403, $"Image {id} is protected and cannot be deleted.")
                : new ApiException(404, $"Failed to find image {id} to delete");
        }

        if (image.Row.Location is { } location)
        {
            // If this does not come to an end, the reconciler finds the row with its location and does.
            await data.DeleteAsync(location, cancellationToken);
            await store.ClearLocationAsync(id, cancellationToken);
        }

        return Results.NoContent();
    }

    private static Task<IResult> DeactivateAsync(string id, RequestContext context, IPolicyEnforcer policy, ImageStore store, CancellationToken cancellationToken) =>
        SwitchAsync(id, ImagePolicies.Deactivate, ImageStatus.Active, ImageStatus.Deactivated, context, policy, store, cancellationToken);

    private static Task<IResult> ReactivateAsync(string id, RequestContext context, IPolicyEnforcer policy, ImageStore store, CancellationToken cancellationToken) =>
        SwitchAsync(id, ImagePolicies.Reactivate, ImageStatus.Deactivated, ImageStatus.Active, context, policy, store, cancellationToken);

    private static async Task<IResult> SwitchAsync(
        string id, PolicyRule rule, string from, string to, RequestContext context, IPolicyEnforcer policy, ImageStore store, CancellationToken cancellationToken)
    {
        var image = await store.GetVisibleAsync(id, context, cancellationToken);
        policy.RequireOn(context, rule, image);
        if (image.Row.Status != to && !await store.TrySetStatusAsync(id, from, to, cancellationToken))
        {
            throw new ApiException(403, $"Not allowed to {(to == ImageStatus.Active ? "reactivate" : "deactivate")} image in status '{image.Row.Status}'");
        }

        return Results.NoContent();
    }

    private static async Task<IResult> AddTagAsync(
        string id, string tag, RequestContext context, IPolicyEnforcer policy, ImageStore store, ImageAttributes attributes, CancellationToken cancellationToken)
    {
        if (tag.Length > 255)
        {
            throw ImageAttributes.Invalid($"'{tag}' is too long");
        }

        await ChangeAsync(
            id, context, store,
            image =>
            {
                policy.RequireOn(context, ImagePolicies.Modify, image);
                image.Tags.Add(tag);
                attributes.CheckQuotas(image);
            },
            cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> RemoveTagAsync(
        string id, string tag, RequestContext context, IPolicyEnforcer policy, ImageStore store, CancellationToken cancellationToken)
    {
        await ChangeAsync(
            id, context, store,
            image =>
            {
                policy.RequireOn(context, ImagePolicies.Modify, image);
                if (!image.Tags.Remove(tag))
                {
                    throw new ApiException(404, "");
                }
            },
            cancellationToken);
        return Results.NoContent();
    }

    /// <summary>Reads, changes and writes; again where somebody else wrote in between.</summary>
    private static async Task ChangeAsync(string id, RequestContext context, ImageStore store, Action<ImageRecord> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var image = await store.GetVisibleAsync(id, context, cancellationToken);
            change(image);
            if (await store.TryUpdateAsync(image, cancellationToken))
            {
                return;
            }

            if (attempt == UpdateAttempts)
            {
                throw new ApiException(409, "An object with the same identifier is currently being operated on.");
            }
        }
    }
}
