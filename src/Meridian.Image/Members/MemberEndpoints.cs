// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Image.Images;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Image.Members;

/// <summary>/v2/images/{id}/members. Source: Image API v2 reference, "Sharing".</summary>
internal static class MemberEndpoints
{
    public static void MapMembers(this RouteGroupBuilder api)
    {
        var members = api.MapGroup("/images/{id}/members").WithTags("members");
        members.MapGet("", ListAsync);
        members.MapPost("", CreateAsync);
        members.MapGet("/{member}", ShowAsync);
        members.MapPut("/{member}", UpdateAsync);
        members.MapDelete("/{member}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(
        string id, RequestContext context, IPolicyEnforcer policy, ImageStore images, MemberStore store, CancellationToken cancellationToken)
    {
        var image = await GetSharedAsync(id, "list", context, images, cancellationToken);
        policy.RequireOn(context, ImagePolicies.ListMembers, image);
        var seesAll = context.IsAdmin || image.Row.Owner == context.ProjectId;
        var members = await store.ListAsync(id, seesAll ? null : context.ProjectId, cancellationToken);
        return new ImageAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("members");
            members.ForEach(member => Write(json, member));
            json.WriteEndArray();
            json.WriteString("schema", "/v2/schemas/members");
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> CreateAsync(
        string id, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ImageStore images, MemberStore store, ServiceConfig config,
        CancellationToken cancellationToken)
    {
        var memberId = await ReadAsync(request, "member", "Member to be added not specified", "Expected a member in the form: {\"member\": \"image_id\"}", cancellationToken);
        if (memberId.Length is 0 or > 255)
        {
            throw new ApiException(400, memberId.Length == 0 ? "Member can't be empty" : $"'{memberId}' is too long");
        }

        var image = await GetSharedAsync(id, "create", context, images, cancellationToken);
        policy.RequireOn(context, ImagePolicies.AddMember, image);
        var member = await store.InsertAsync(id, memberId, config.Get(ImageOptions.ImageMemberQuota), cancellationToken);
        return new ImageAnswer(json => Write(json, member));
    }

    private static async Task<IResult> ShowAsync(
        string id, string member, RequestContext context, IPolicyEnforcer policy, ImageStore images, MemberStore store, CancellationToken cancellationToken)
    {
        var found = await GetAsync(id, member, "list", context, policy, images, store, cancellationToken);
        return new ImageAnswer(json => Write(json, found.Member));
    }

    private static async Task<IResult> UpdateAsync(
        string id, string member, HttpRequest request, RequestContext context, IPolicyEnforcer policy, ImageStore images, MemberStore store,
        CancellationToken cancellationToken)
    {
        var status = await ReadAsync(request, "status", "Status not specified", "Expected a status in the form: {\"status\": \"status\"}", cancellationToken);
        var (image, found) = await GetAsync(id, member, "update", context, policy, images, store, cancellationToken);
        policy.RequireOn(context, ImagePolicies.ModifyMember, image);
        if (status is not ("pending" or "accepted" or "rejected"))
        {
            throw new ApiException(400, "Incorrect request: Status must be \"pending\", \"accepted\" or \"rejected\".");
        }

        await store.UpdateAsync(found, status, cancellationToken);
        return new ImageAnswer(json => Write(json, found));
    }

    private static async Task<IResult> DeleteAsync(
        string id, string member, RequestContext context, IPolicyEnforcer policy, ImageStore images, MemberStore store, CancellationToken cancellationToken)
    {
        var (image, found) = await GetAsync(id, member, "delete", context, policy, images, store, cancellationToken);
        policy.RequireOn(context, ImagePolicies.DeleteMember, image);
        await store.DeleteAsync(found, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<(ImageRecord Image, ImageMember Member)> GetAsync(
        string id, string memberId, string action, RequestContext context, IPolicyEnforcer policy, ImageStore images, MemberStore store, CancellationToken cancellationToken)
    {
        var image = await GetSharedAsync(id, action, context, images, cancellationToken);
        policy.RequireOn(context, ImagePolicies.GetMember, image);

        // A member sees its own membership, the owner all of them.
        var only = context.IsAdmin || image.Row.Owner == context.ProjectId ? null : context.ProjectId;
        var members = await store.ListAsync(id, only, cancellationToken);
        return (image, members.Find(m => m.MemberId == memberId) ?? throw new ApiException(404, $"{memberId} not found in the member list of the image {id}."));
    }

    private static async Task<ImageRecord> GetSharedAsync(string id, string action, RequestContext context, ImageStore images, CancellationToken cancellationToken)
    {
        var image = await images.FindVisibleAsync(id, context, cancellationToken) ?? throw new ApiException(404, $"Image {id} not found.");
        return image.Row.Visibility == "shared" ? image
            : throw new ApiException(403, action == "list" ? $"Not allowed to list members for image {id}: Only shared images have members." : $"Not allowed to {action} members for image {id}.");
    }

    private static async Task<string> ReadAsync(HttpRequest request, string name, string missing, string form, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var body = document.RootElement;
        return body.ValueKind != JsonValueKind.Object ? throw new ApiException(400, form)
            : !body.TryGetProperty(name, out var value) ? throw new ApiException(400, missing)
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new ApiException(400, form);
    }

    private static void Write(Utf8JsonWriter json, ImageMember member)
    {
        json.WriteStartObject();
        json.WriteString("member_id", member.MemberId);
        json.WriteString("image_id", member.ImageId);
        json.WriteString("status", member.Status);
        json.WriteString("created_at", ImageAnswer.Time(member.CreatedAt));
        json.WriteString("updated_at", ImageAnswer.Time(member.UpdatedAt));
        json.WriteString("schema", "/v2/schemas/member");
        json.WriteEndObject();
    }
}
