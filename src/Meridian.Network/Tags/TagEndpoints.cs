// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Network.Api;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Tags;

/// <summary>
/// /{resource}/{id}/tags of every taggable resource. The parent is loaded and judged first, so that nobody changes tags of what is not theirs
/// (OSSA-2024-005). Source: extensions standard-attr-tag and tag-creation.
/// </summary>
internal sealed class TagEndpoints<TRow>(NetworkResource<TRow> resource, ResourceEndpoints<TRow> endpoints, NetworkCore core)
    where TRow : StandardRow
{
    private const int MaxLength = 255;

    public void Map(RouteGroupBuilder api)
    {
        var routes = api.MapGroup($"/{resource.Path}/{{id}}/tags").WithTags(resource.Path);
        routes.MapGet("", (RequestDelegate)(context => ReadAsync(context, null)));
        routes.MapGet("/{tag}", (RequestDelegate)(context => ReadAsync(context, TagOf(context))));
        routes.MapPut("", (RequestDelegate)(context => ReplaceAsync(context, keep: false)));
        routes.MapPost("", (RequestDelegate)(context => ReplaceAsync(context, keep: true)));
        routes.MapPut("/{tag}", (RequestDelegate)AddAsync);
        routes.MapDelete("", (RequestDelegate)(context => RemoveAsync(context, null)));
        routes.MapDelete("/{tag}", (RequestDelegate)(context => RemoveAsync(context, TagOf(context))));
    }

    private static string TagOf(HttpContext context) => (string)context.Request.RouteValues["tag"]!;

    private async Task ReadAsync(HttpContext context, string? tag)
    {
        await using var db = core.Database.Open();
        var row = await endpoints.GetAsync(db, ResourceEndpoints<TRow>.ViewerOf(context), (string)context.Request.RouteValues["id"]!, context.RequestAborted);
        var tags = await db.GetTable<TagRow>().Where(t => t.ResourceId == row.Id).Select(t => t.Tag).ToListAsync(context.RequestAborted);
        if (tag is null)
        {
            await AnswerAsync(context, tags);
            return;
        }

        context.Response.StatusCode = tags.Contains(tag, StringComparer.Ordinal) ? 204 : throw NotFound(tag);
    }

    private async Task ReplaceAsync(HttpContext context, bool keep)
    {
        using var document = await context.Request.ReadJsonDocumentAsync(context.RequestAborted);
        var wanted = Parse(document.RootElement);
        var tags = await ChangeAsync(context, "update", async (db, row) =>
        {
            var tags = db.GetTable<TagRow>().Where(t => t.ResourceId == row.Id);
            var have = await tags.Select(t => t.Tag).ToListAsync(context.RequestAborted);
            if (!keep)
            {
                await tags.Where(t => !wanted.Contains(t.Tag)).DeleteAsync(context.RequestAborted);
            }

            foreach (var tag in wanted.Except(have))
            {
                await db.InsertAsync(new TagRow { ResourceId = row.Id, Tag = tag }, token: context.RequestAborted);
            }

            return await tags.Select(t => t.Tag).ToListAsync(context.RequestAborted);
        });
        await AnswerAsync(context, tags);
    }

    private async Task AddAsync(HttpContext context)
    {
        var tag = Checked(TagOf(context));
        await ChangeAsync(context, "update", async (db, row) =>
        {
            if (!await db.GetTable<TagRow>().AnyAsync(t => t.ResourceId == row.Id && t.Tag == tag, context.RequestAborted))
            {
                await db.InsertAsync(new TagRow { ResourceId = row.Id, Tag = tag }, token: context.RequestAborted);
            }

            return true;
        });
        context.Response.StatusCode = 201;
    }

    private async Task RemoveAsync(HttpContext context, string? tag)
    {
        var removed = await ChangeAsync(context, "delete", (db, row) =>
        {
            var tags = db.GetTable<TagRow>().Where(t => t.ResourceId == row.Id);
            return (tag is null ? tags : tags.Where(t => t.Tag == tag)).DeleteAsync(context.RequestAborted);
        });
        context.Response.StatusCode = removed == 0 && tag is not null ? throw NotFound(tag) : 204;
    }

    private async Task<T> ChangeAsync<T>(HttpContext context, string action, Func<WriteConnection, TRow, Task<T>> change)
    {
        var viewer = ResourceEndpoints<TRow>.ViewerOf(context);
        var id = (string)context.Request.RouteValues["id"]!;
        return await core.WriteAsync(
            async db =>
            {
                var row = await endpoints.GetAsync(db, viewer, id, context.RequestAborted);
                viewer.Require($"{action}_{resource.Singular}:tags", await resource.TargetAsync(db, row, context.RequestAborted));
                var result = await change(db, row);
                row.RevisionNumber++;
                row.UpdatedAt = core.Now;
                await db.UpdateAsync(row, token: context.RequestAborted);
                return result;
            },
            context.RequestAborted);
    }

    private static List<string> Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("tags", out var tags))
        {
            throw Errors.BadRequest("Invalid tags body");
        }

        try
        {
            return [.. ((List<string>)Read.List<string>(Read.Text(MaxLength), 50, "The number of tags exceed the per-resource limit of 50")(tags)!).Select(Checked)];
        }
        catch (InvalidValueException invalid)
        {
            throw Errors.BadRequest($"Invalid input for tags. Reason: {invalid.Message}.");
        }
    }

    private static string Checked(string tag) => tag.Length <= MaxLength ? tag : throw Errors.BadRequest($"Invalid input for tag. Reason: '{tag}' exceeds maximum length of {MaxLength}.");

    private static ApiException NotFound(string tag) => Errors.NotFound($"Tag {tag} could not be found.", "TagNotFound");

    private static Task AnswerAsync(HttpContext context, IEnumerable<string> tags) => context.WriteJsonAsync(200, json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("tags");
        StandardFields.Texts(json, tags.Order(StringComparer.Ordinal));
        json.WriteEndObject();
    });
}
