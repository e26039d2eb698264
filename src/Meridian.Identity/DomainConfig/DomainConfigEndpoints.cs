// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Domains;
using Meridian.Platform.Config;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.DomainConfig;

/// <summary>/v3/domains/{id}/config and /v3/domains/config/default. Source: identity v3 API, "Domain configuration".</summary>
internal static class DomainConfigEndpoints
{
    public static void MapDomainConfig(this RouteGroupBuilder api)
    {
        var domains = api.MapGroup("/domains");
        domains.MapRead("/config/default", (IdentityRequest request, ServiceConfig config) => ShowDefault(null, null, request, config));
        domains.MapRead("/config/{group}/default", (string group, IdentityRequest request, ServiceConfig config) => ShowDefault(group, null, request, config));
        domains.MapRead("/config/{group}/{option}/default", (string group, string option, IdentityRequest request, ServiceConfig config) => ShowDefault(group, option, request, config));
        domains.MapPut("/{id}/config", ReplaceAsync);
        foreach (var path in new[] { "", "/{group}", "/{group}/{option}" })
        {
            domains.MapRead("/{id}/config" + path, ShowAsync);
            domains.MapPatch("/{id}/config" + path, UpdateAsync);
            domains.MapDelete("/{id}/config" + path, DeleteAsync);
        }
    }

    private static async Task<IResult> ShowAsync(
        string id, HttpRequest http, IdentityRequest request, DomainStore domains, DomainConfigStore store, ServiceConfig config, CancellationToken cancellationToken)
    {
        var (group, option) = Place(http);
        if (group == SecurityCompliance.Group)
        {
            request.Require(DomainConfigPolicies.GetSecurityCompliance);
            return SecurityCompliance.Answer(id, option, config);
        }

        request.Require(DomainConfigPolicies.Get);
        DomainConfigOptions.Check(group, option);
        await CheckDomainAsync(id, domains, cancellationToken);
        var options = await store.ListAsync(id, group, option, cancellationToken);
        return options.Count > 0 ? Answer(StatusCodes.Status200OK, options, option) : throw DomainConfigStore.NotFound(id, group, option);
    }

    private static async Task<IResult> ReplaceAsync(
        string id, IdentityRequest request, DomainStore domains, DomainConfigStore store, CancellationToken cancellationToken)
    {
        request.Require(DomainConfigPolicies.Create);
        await CheckDomainAsync(id, domains, cancellationToken);
        var options = await DomainConfigBody.ReadAsync(request.HttpRequest, id, null, null, cancellationToken);
        var isNew = await store.ReplaceAsync(id, options, cancellationToken);
        return Answer(isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, await store.ListAsync(id, null, null, cancellationToken), null);
    }

    private static async Task<IResult> UpdateAsync(
        string id, HttpRequest http, IdentityRequest request, DomainStore domains, DomainConfigStore store, CancellationToken cancellationToken)
    {
        request.Require(DomainConfigPolicies.Update);
        await CheckDomainAsync(id, domains, cancellationToken);
        var (group, option) = Place(http);
        var options = await DomainConfigBody.ReadAsync(http, id, group, option, cancellationToken);
        await store.MergeAsync(id, group, option, options, cancellationToken);
        return Answer(StatusCodes.Status200OK, await store.ListAsync(id, null, null, cancellationToken), null);
    }

    private static async Task<IResult> DeleteAsync(
        string id, HttpRequest http, IdentityRequest request, DomainStore domains, DomainConfigStore store, CancellationToken cancellationToken)
    {
        request.Require(DomainConfigPolicies.Delete);
        await CheckDomainAsync(id, domains, cancellationToken);
        var (group, option) = Place(http);
        DomainConfigOptions.Check(group, option);
        await store.DeleteAsync(id, group, option, cancellationToken);
        return JsonAnswer.NoContent;
    }

    private static JsonAnswer ShowDefault(string? group, string? option, IdentityRequest request, ServiceConfig config)
    {
        request.Require(DomainConfigPolicies.GetDefault);
        DomainConfigOptions.Check(group, option);
        if (group is not null && option is not null && DomainConfigOptions.IsSensitive(group, option))
        {
            throw DomainConfigOptions.Invalid($"Reading the default for option {option} in group {group} is not supported");
        }

        return Answer(
            StatusCodes.Status200OK, DomainConfigOptions.Whitelisted.Where(o => (group is null || o.Group == group) && (option is null || o.Name == option)).ToList(),
            option, o => (o.Group, o.Name), (writer, o) => o.Write(writer, config));
    }

    private static JsonAnswer Answer(int status, IReadOnlyList<DomainConfigOption> options, string? option) =>
        Answer(status, options, option, o => (o.Group, o.Name), (writer, o) => writer.WriteRawValue(o.Value));

    /// <param name="single">The option of the path: it is shown without its group.</param>
    public static JsonAnswer Answer<T>(
        int status, IReadOnlyList<T> options, string? single, Func<T, (string Group, string Name)> name, Action<Utf8JsonWriter, T> write) => JsonAnswer.Member(status, "config", writer =>
    {
        writer.WriteStartObject();
        foreach (var group in options.GroupBy(o => name(o).Group))
        {
            if (single is null)
            {
                writer.WriteStartObject(group.Key);
            }

            foreach (var option in group)
            {
                writer.WritePropertyName(name(option).Name);
                write(writer, option);
            }

            if (single is null)
            {
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
    });

    private static (string? Group, string? Option) Place(HttpRequest http) => (http.RouteValues["group"] as string, http.RouteValues["option"] as string);

    private static async Task CheckDomainAsync(string id, DomainStore domains, CancellationToken cancellationToken) =>
        _ = await domains.FindAsync(id, cancellationToken) ?? throw Errors.NotFound("domain", id);
}
