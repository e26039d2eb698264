// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Network.Api;
using Meridian.Network.Ports;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Quotas;

/// <summary>/quotas. Source: Networking API reference, "Quotas extension" and "Quotas details extension".</summary>
internal sealed class QuotaEndpoints(NetworkCore core, QuotaCounter quota)
{
    public void Map(RouteGroupBuilder api)
    {
        var quotas = api.MapGroup("/quotas").WithTags("quotas");
        quotas.MapGet("", (RequestDelegate)ListAsync);
        quotas.MapGet("/tenant", (RequestDelegate)(context => ProjectAsync(context, "tenant")));
        quotas.MapGet("/project", (RequestDelegate)(context => ProjectAsync(context, "project")));
        quotas.MapGet("/{project}", (RequestDelegate)ShowAsync);
        quotas.MapGet("/{project}/default", (RequestDelegate)DefaultAsync);
        quotas.MapGet("/{project}/details", (RequestDelegate)DetailsAsync);
        quotas.MapGet("/{project}/details.json", (RequestDelegate)DetailsAsync);
        quotas.MapPut("/{project}", (RequestDelegate)UpdateAsync);
        quotas.MapDelete("/{project}", (RequestDelegate)DeleteAsync);
    }

    private static Viewer ViewerOf(HttpContext context) => ResourceEndpoints<PortRow>.ViewerOf(context);

    private static string ProjectOf(HttpContext context) => (string)context.Request.RouteValues["project"]!;

    private static void Require(HttpContext context, string rule)
    {
        var viewer = ViewerOf(context);
        var project = ProjectOf(context);
        if (!viewer.Allows(rule, new PolicyTarget(project)) && !(rule == "get_quota" && project == viewer.ProjectId))
        {
            throw new ApiException(403, $"User does not have admin privileges: Only admin can view or configure quota.", "AdminRequired");
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        if (!ViewerOf(context).Context.IsAdmin)
        {
            throw new ApiException(403, "User does not have admin privileges: Only admin can view or configure quota.", "AdminRequired");
        }

        await using var db = core.Database.Open();
        var rows = (await db.GetTable<QuotaRow>().Where(q => q.Limit != null).ToListAsync(context.RequestAborted)).GroupBy(q => q.ProjectId).OrderBy(g => g.Key, StringComparer.Ordinal);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("quotas");
            foreach (var project in rows)
            {
                json.WriteStartObject();
                WriteLimits(json, project.ToDictionary(q => q.Resource));
                json.WriteString("project_id", project.Key);
                json.WriteString("tenant_id", project.Key);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static Task ProjectAsync(HttpContext context, string word) => context.WriteJsonAsync(200, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject(word);
        json.WriteString(word + "_id", ViewerOf(context).ProjectId);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private async Task ShowAsync(HttpContext context)
    {
        Require(context, "get_quota");
        await AnswerAsync(context, await RowsAsync(context));
    }

    private async Task DefaultAsync(HttpContext context)
    {
        Require(context, "get_quota");
        await AnswerAsync(context, []);
    }

    private async Task DetailsAsync(HttpContext context)
    {
        Require(context, "get_quota");
        var rows = await RowsAsync(context);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("quota");
            foreach (var resource in QuotaCounter.Resources)
            {
                var row = rows.GetValueOrDefault(resource);
                json.WriteStartObject(resource);
                json.WriteNumber("limit", row?.Limit ?? quota.Default(resource));
                json.WriteNumber("used", row?.Used ?? 0);
                json.WriteNumber("reserved", 0);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private async Task UpdateAsync(HttpContext context)
    {
        Require(context, "update_quota");
        using var document = await context.Request.ReadJsonDocumentAsync(context.RequestAborted);
        var limits = Parse(document.RootElement, out var check);
        var project = ProjectOf(context);
        await core.WriteAsync(
            async db =>
            {
                foreach (var (resource, limit) in limits)
                {
                    var row = db.GetTable<QuotaRow>().Where(q => q.ProjectId == project && q.Resource == resource);
                    if (check && limit >= 0 && await row.AnyAsync(q => q.Used > limit, context.RequestAborted))
                    {
                        throw Errors.Bad(resource, "Quota limit is lower than the current usage");
                    }

                    if (await row.Set(q => q.Limit, limit).UpdateAsync(context.RequestAborted) == 0)
                    {
                        await db.InsertAsync(new QuotaRow { ProjectId = project, Resource = resource, Limit = limit }, token: context.RequestAborted);
                    }
                }

                return true;
            },
            context.RequestAborted);
        await AnswerAsync(context, await RowsAsync(context));
    }

    private async Task DeleteAsync(HttpContext context)
    {
        Require(context, "delete_quota");
        var project = ProjectOf(context);
        await core.WriteAsync(
            db => db.GetTable<QuotaRow>().Where(q => q.ProjectId == project).Set(q => q.Limit, (int?)null).UpdateAsync(context.RequestAborted), context.RequestAborted);
        context.Response.StatusCode = 204;
    }

    private static Dictionary<string, int> Parse(JsonElement body, out bool check)
    {
        check = false;
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("quota", out var quota) || quota.ValueKind != JsonValueKind.Object)
        {
            throw Errors.BadRequest("Unable to find 'quota' in request body");
        }

        var limits = new Dictionary<string, int>();
        foreach (var member in quota.EnumerateObject())
        {
            if (member.Name is "check_limit" or "force" or "project_id" or "tenant_id")
            {
                check |= member.Name == "check_limit" && member.Value.ValueKind == JsonValueKind.True;
                continue;
            }

            if (!QuotaCounter.Resources.Contains(member.Name, StringComparer.Ordinal))
            {
                throw Errors.BadRequest($"Unrecognized attribute(s) '{member.Name}'");
            }

            try
            {
                limits[member.Name] = (int)Read.Integer(-1)(member.Value)!;
            }
            catch (InvalidValueException invalid)
            {
                throw Errors.BadRequest($"Invalid input for {member.Name}. Reason: {invalid.Message}.");
            }
        }

        return limits;
    }

    private async Task<Dictionary<string, QuotaRow>> RowsAsync(HttpContext context)
    {
        var project = ProjectOf(context);
        await using var db = core.Database.Open();
        return await db.GetTable<QuotaRow>().Where(q => q.ProjectId == project).ToDictionaryAsync(q => q.Resource, context.RequestAborted);
    }

    private Task AnswerAsync(HttpContext context, Dictionary<string, QuotaRow> rows) => context.WriteJsonAsync(200, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("quota");
        WriteLimits(json, rows);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private void WriteLimits(Utf8JsonWriter json, Dictionary<string, QuotaRow> rows)
    {
        foreach (var resource in QuotaCounter.Resources)
        {
            json.WriteNumber(resource, rows.GetValueOrDefault(resource)?.Limit ?? quota.Default(resource));
        }
    }
}
