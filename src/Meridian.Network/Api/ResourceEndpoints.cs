// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Tags;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Network.Api;

/// <summary>The five verbs that all resources of the Networking API share, single and bulk.</summary>
internal sealed class ResourceEndpoints<TRow>(NetworkResource<TRow> resource, NetworkCore core)
    where TRow : StandardRow
{
    private readonly int pageMaximum = core.Config.Get(NetworkOptions.PageMaximum);
    private readonly Dictionary<string, Field<TRow>> fields = resource.Fields.ToDictionary(f => f.Name);
    private readonly (Field<TRow> Field, PolicyRule Rule)[] guarded =
        [.. resource.Fields.Select(f => (f, NetworkPolicies.Find($"get_{resource.Singular}:{f.Name}")!)).Where(f => f.Item2 is not null)];

    public void Map(RouteGroupBuilder api, bool create = true, bool update = true)
    {
        var routes = api.MapGroup("/" + resource.Path).WithTags(resource.Path);
        routes.MapGet("", (RequestDelegate)ListAsync);
        routes.MapGet("/{id}", (RequestDelegate)ShowAsync);
        routes.MapDelete("/{id}", (RequestDelegate)DeleteAsync);
        if (create)
        {
            routes.MapPost("", (RequestDelegate)CreateAsync);
        }

        if (update)
        {
            routes.MapPut("/{id}", (RequestDelegate)UpdateAsync);
        }
    }

    /// <summary>The row if this viewer may know of it: 404 otherwise, whoever it belongs to.</summary>
    public async Task<TRow> GetAsync(DataConnection db, Viewer viewer, string id, CancellationToken cancellationToken)
    {
        var row = await resource.Visible(db, viewer).FirstOrDefaultAsync(r => r.Id == id, cancellationToken) ?? throw resource.NotFound(id);
        var target = await resource.TargetAsync(db, row, cancellationToken);
        return viewer.Allows("get_" + resource.Singular, target) ? row : throw resource.NotFound(id);
    }

    /// <summary>Writes one resource as the viewer may see it.</summary>
    /// <param name="unmasked">For the answers to actions, which neutron does not mask.</param>
    public void Write(Utf8JsonWriter json, Viewer viewer, TRow row, HashSet<string>? wanted = null, bool unmasked = false)
    {
        var hidden = unmasked ? [] : Hidden(viewer);
        Write(json, row, wanted, hidden);
    }

    public static Viewer ViewerOf(HttpContext context) =>
        new((RequestContext)context.RequestServices.GetService(typeof(RequestContext))!, (IPolicyEnforcer)context.RequestServices.GetService(typeof(IPolicyEnforcer))!);

    private async Task ListAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var viewer = ViewerOf(context);
        var query = ListQuery.Parse(context.Request.Query);
        await resource.PrepareAsync(viewer, viewer.ProjectId, cancellationToken);
        await using var db = core.Database.Open();
        var rows = await QueryAsync(db, viewer, query, cancellationToken);
        await resource.LoadAsync(db, rows, cancellationToken);
        var hidden = Hidden(viewer);
        await context.WriteJsonAsync(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(resource.Plural);
            foreach (var row in rows)
            {
                Write(json, row, query.Fields, hidden);
            }

            json.WriteEndArray();
            var links = query.Links(context.Request, [.. rows.Select(r => r.Id)]).ToList();
            if (links.Count > 0)
            {
                json.WriteStartArray(resource.Plural + "_links");
                foreach (var (rel, href) in links)
                {
                    json.WriteStartObject();
                    json.WriteString("rel", rel);
                    json.WriteString("href", href);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    private async Task<List<TRow>> QueryAsync(DataConnection db, Viewer viewer, ListQuery query, CancellationToken cancellationToken)
    {
        if (query.Filters.Keys.Where(name => !fields.TryGetValue(name, out var field) || field.Filter is null).ToList() is { Count: > 0 } unknown)
        {
            throw Errors.BadRequest($"['{string.Join("', '", unknown)}'] is invalid attribute for filtering");
        }

        if (query.Sorts.Where(s => !fields.TryGetValue(s.Key, out var field) || field.Sort is null).Select(s => s.Key).ToList() is { Count: > 0 } unsorted)
        {
            throw Errors.BadRequest($"['{string.Join("', '", unsorted)}'] is invalid attribute for sort_keys");
        }

        var rows = resource.Visible(db, viewer);
        foreach (var (name, values) in query.Filters)
        {
            rows = fields[name].Filter!(rows, values);
        }

        rows = TagFilter.Apply(db, rows, query.Tags);
        TRow? marker = null;
        if (query.Marker is { } after)
        {
            marker = await resource.Visible(db, viewer).FirstOrDefaultAsync(r => r.Id == after, cancellationToken) ?? throw resource.NotFound(after);
        }

        // Without an order asked for, the order of creation; reversed pages are read backwards and turned round.
        var keys = query.Sorts.Select(s => new SortKey<TRow>(s.Key, fields[s.Key].Sort!, s.Descending ^ query.PageReverse)).ToList();
        if (keys.Count == 0)
        {
            keys.Add(new("created_at", r => r.CreatedAt, query.PageReverse));
        }

        keys.Add(new("id", r => r.Id, query.PageReverse));
        var limit = (query.Limit, pageMaximum) switch { (null, -1) => int.MaxValue, (null, var most) => most, (var asked, -1) => asked.Value, var (asked, most) => Math.Min(asked.Value, most) };
        var page = await rows.Page(keys, marker, limit).ToListAsync(cancellationToken);
        if (query.PageReverse)
        {
            page.Reverse();
        }

        return page;
    }

    private async Task ShowAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var viewer = ViewerOf(context);
        await using var db = core.Database.Open();
        var row = await GetAsync(db, viewer, (string)context.Request.RouteValues["id"]!, cancellationToken);
        await resource.LoadAsync(db, [row], cancellationToken);
        var wanted = ListQuery.Parse(context.Request.Query).Fields;
        await AnswerAsync(context, 200, viewer, row, wanted);
    }

    private async Task CreateAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var viewer = ViewerOf(context);
        using var document = await context.Request.ReadJsonDocumentAsync(cancellationToken);
        var body = document.RootElement;
        var bulk = body.ValueKind == JsonValueKind.Object && body.TryGetProperty(resource.Plural, out _);
        var parsed = Bodies(body, bulk).Select(item => Values.Parse(item, resource.Fields, create: true)).ToList();
        foreach (var project in parsed.Select(values => ProjectOf(viewer, values)).Distinct())
        {
            await resource.PrepareAsync(viewer, project, cancellationToken);
        }

        // A bulk create is one transaction: all of it or nothing.
        var rows = await core.WriteAsync(
            async db =>
            {
                var made = new List<TRow>(parsed.Count);
                foreach (var values in parsed)
                {
                    var project = ProjectOf(viewer, values);
                    Authorize(viewer, "create_" + resource.Singular, values, await resource.TargetAsync(db, viewer, project, values, cancellationToken), create: true);
                    made.Add(await resource.CreateAsync(db, viewer, project, values, cancellationToken));
                }

                await resource.LoadAsync(db, made, cancellationToken);
                return made;
            },
            cancellationToken);
        if (!bulk)
        {
            await AnswerAsync(context, 201, viewer, rows[0], null);
            return;
        }

        var hidden = Hidden(viewer);
        await context.WriteJsonAsync(201, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(resource.Plural);
            foreach (var row in rows)
            {
                Write(json, row, null, hidden);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var viewer = ViewerOf(context);
        var id = (string)context.Request.RouteValues["id"]!;
        using var document = await context.Request.ReadJsonDocumentAsync(cancellationToken);
        var values = Values.Parse(Bodies(document.RootElement, false).Single(), resource.Fields, create: false);
        var row = await core.WriteAsync(
            async db =>
            {
                var found = await GetAsync(db, viewer, id, cancellationToken);
                Authorize(viewer, "update_" + resource.Singular, values, await resource.TargetAsync(db, found, cancellationToken), create: false);
                CheckRevision(context, found);
                await resource.UpdateAsync(db, viewer, found, values, cancellationToken);
                await resource.LoadAsync(db, [found], cancellationToken);
                return found;
            },
            cancellationToken);
        await AnswerAsync(context, 200, viewer, row, null);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var viewer = ViewerOf(context);
        var id = (string)context.Request.RouteValues["id"]!;
        if (context.Request.ContentLength is > 0)
        {
            throw Errors.BadRequest("Request body is not supported in DELETE.");
        }

        await core.WriteAsync(
            async db =>
            {
                var row = await GetAsync(db, viewer, id, cancellationToken);
                viewer.Require("delete_" + resource.Singular, await resource.TargetAsync(db, row, cancellationToken));
                CheckRevision(context, row);
                await resource.DeleteAsync(db, viewer, row, cancellationToken);
                await db.GetTable<TagRow>().Where(t => t.ResourceId == id).DeleteAsync(cancellationToken);
                return true;
            },
            cancellationToken);
        context.Response.StatusCode = 204;
    }

    private IEnumerable<JsonElement> Bodies(JsonElement body, bool bulk)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Errors.BadRequest("Body contains invalid data");
        }

        if (!bulk)
        {
            return [body.TryGetProperty(resource.Singular, out var one) ? one : throw Errors.BadRequest($"Unable to find '{resource.Singular}' in request body")];
        }

        var many = body.GetProperty(resource.Plural);
        return many.ValueKind == JsonValueKind.Array && many.GetArrayLength() > 0 ? many.EnumerateArray() : throw Errors.BadRequest("Resources required");
    }

    private static string ProjectOf(Viewer viewer, Values values)
    {
        var project = values.Get<string?>("project_id", null);
        var tenant = values.Get<string?>("tenant_id", null);
        if (project is not null && tenant is not null && project != tenant)
        {
            throw Errors.BadRequest("'project_id' and 'tenant_id' do not match");
        }

        var asked = project ?? tenant ?? viewer.ProjectId;
        return asked == viewer.ProjectId || viewer.SeesAll
            ? asked
            : throw Errors.BadRequest("Specifying 'project_id' other than the authenticated project in request is not allowed for the current user.");
    }

    private void Authorize(Viewer viewer, string action, Values values, PolicyTarget target, bool create)
    {
        var rules = resource.AttributeRules(action, values, create).ToList();
        if (viewer.Allows(action, target) && rules.All(rule => viewer.Allows(rule, target)))
        {
            return;
        }

        // Neutron names the rule and every attribute rule that it joined to it.
        var text = rules.Aggregate($"rule:{action}", (left, rule) => $"({left} and rule:{rule})");
        throw Errors.Denied(text);
    }

    /// <summary>If-Match: revision_number=N. Source: extension revision-if-match.</summary>
    private static void CheckRevision(HttpContext context, TRow row)
    {
        var header = context.Request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            return;
        }

        const string Prefix = "revision_number=";
        if (!header.StartsWith(Prefix, StringComparison.Ordinal) || !int.TryParse(header.AsSpan(Prefix.Length), out var wanted))
        {
            throw Errors.Bad("if-match", "Revision number etag must be in the format of revision_number=<int>");
        }

        if (wanted != row.RevisionNumber)
        {
            throw new ApiException(412, $"Constrained to {wanted}, but current revision is {row.RevisionNumber}", "RevisionNumberConstraintFailed");
        }
    }

    private HashSet<string> Hidden(Viewer viewer)
    {
        var own = new PolicyTarget(viewer.ProjectId);
        return [.. guarded.Where(g => !viewer.Policy.Allows(viewer.Credentials, g.Rule, own)).Select(g => g.Field.Name)];
    }

    private Task AnswerAsync(HttpContext context, int status, Viewer viewer, TRow row, HashSet<string>? wanted) => context.WriteJsonAsync(status, json =>
    {
        json.WriteStartObject();
        json.WritePropertyName(resource.Singular);
        Write(json, viewer, row, wanted);
        json.WriteEndObject();
    });

    private void Write(Utf8JsonWriter json, TRow row, HashSet<string>? wanted, HashSet<string> hidden)
    {
        json.WriteStartObject();
        foreach (var field in resource.Fields)
        {
            if ((wanted is null || wanted.Contains(field.Name)) && !hidden.Contains(field.Name) && field.Shown?.Invoke(row) != false)
            {
                json.WritePropertyName(field.Name);
                field.Write(json, row);
            }
        }

        json.WriteEndObject();
    }
}
