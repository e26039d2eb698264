// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Compute.Services;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Compute.Aggregates;

/// <summary>/os-aggregates. Source: OpenStack Compute API reference, "Host aggregates".</summary>
internal static class AggregateEndpoints
{
    public static void MapAggregates(this RouteGroupBuilder api)
    {
        api.MapGet("/os-aggregates", ListAsync);
        api.MapPost("/os-aggregates", CreateAsync);
        api.MapGet("/os-aggregates/{id}", ShowAsync);
        api.MapPut("/os-aggregates/{id}", UpdateAsync);
        api.MapDelete("/os-aggregates/{id}", DeleteAsync);
        api.MapPost("/os-aggregates/{id}/action", ActAsync);
    }

    private static async Task<IResult> ListAsync(RequestContext context, IPolicyEnforcer policy, AggregateStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.ListAggregates, PolicyTarget.None);
        return JsonAnswer.List("aggregates", await store.ListAsync(cancellationToken), (json, aggregate) => Write(json, aggregate, context.Version));
    }

    private static async Task<IResult> CreateAsync(HttpRequest http, RequestContext context, IPolicyEnforcer policy, AggregateStore store, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, context, "aggregate", cancellationToken);
        var name = body.Name("name", required: true)!;
        var zone = body.Element("availability_zone") is { ValueKind: JsonValueKind.Null } ? null : body.Name("availability_zone");
        body.Done();
        policy.Require(context, AdminPolicies.CreateAggregate, PolicyTarget.None);
        Dictionary<string, string> metadata = zone is null ? [] : new() { [Aggregate.ZoneKey] = zone };
        var made = await store.TryInsertAsync(name, metadata, cancellationToken) ?? throw new ApiException(409, $"Aggregate {name} already exists.");
        // The answer to a create has neither hosts nor metadata, as ever since nova's first version.
        return JsonAnswer.Member("aggregate", json => Write(json, made, context.Version, created: true));
    }

    private static async Task<IResult> ShowAsync(string id, RequestContext context, IPolicyEnforcer policy, AggregateStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.ShowAggregate, PolicyTarget.None);
        var aggregate = await GetAsync(id, store, cancellationToken);
        return JsonAnswer.Member("aggregate", json => Write(json, aggregate, context.Version));
    }

    private static async Task<IResult> UpdateAsync(string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, AggregateStore store, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadAsync(http, context, "aggregate", cancellationToken);
        var name = body.Name("name");
        var zone = body.Name("availability_zone");
        body.Done();
        policy.Require(context, AdminPolicies.UpdateAggregate, PolicyTarget.None);
        return await ChangeAsync(id, context, store, aggregate =>
        {
            var metadata = aggregate.Metadata();
            if (zone is not null)
            {
                metadata[Aggregate.ZoneKey] = zone;
            }

            return (name ?? aggregate.Name, metadata, aggregate.Hosts());
        }, cancellationToken);
    }

    private static async Task<IResult> DeleteAsync(string id, RequestContext context, IPolicyEnforcer policy, AggregateStore store, CancellationToken cancellationToken)
    {
        policy.Require(context, AdminPolicies.DeleteAggregate, PolicyTarget.None);
        var aggregate = await GetAsync(id, store, cancellationToken);
        if (aggregate.Hosts().Count > 0)
        {
            throw new ApiException(400, $"Cannot remove host from aggregate {id}: Host aggregate is not empty.");
        }

        await store.DeleteAsync(aggregate.Id, cancellationToken);
        return TypedResults.Ok();
    }

    private static async Task<IResult> ActAsync(
        string id, HttpRequest http, RequestContext context, IPolicyEnforcer policy, AggregateStore store, HostStore hosts, CancellationToken cancellationToken)
    {
        var body = await RequestObject.ReadRootAsync(http, context, cancellationToken);
        var names = body.Names.ToList();
        if (names.Count != 1)
        {
            throw new ApiException(400, "Malformed request body");
        }

        var action = body.Object(names[0])!;
        switch (names[0])
        {
            case "add_host":
                var added = ReadHost(action);
                policy.Require(context, AdminPolicies.AddAggregateHost, PolicyTarget.None);
                if (await hosts.FindComputeAsync(added, cancellationToken) is null)
                {
                    throw new ApiException(404, $"Compute host {added} could not be found.");
                }

                var zones = await hosts.ZonesAsync(cancellationToken);
                return await ChangeAsync(id, context, store, aggregate => aggregate.Hosts().Contains(added, StringComparer.Ordinal)
                    ? throw new ApiException(409, $"Aggregate {id} already has host {added}.")
                    : aggregate.Zone() is { } zone && zones.TryGetValue(added, out var other) && other != zone
                        ? throw new ApiException(409, $"Cannot add host to aggregate {id}. Reason: Host {added} already in availability zone {other}.")
                    : (aggregate.Name, aggregate.Metadata(), [.. aggregate.Hosts(), added]), cancellationToken);

            case "remove_host":
                var removed = ReadHost(action);
                policy.Require(context, AdminPolicies.RemoveAggregateHost, PolicyTarget.None);
                return await ChangeAsync(id, context, store, aggregate => aggregate.Hosts().Contains(removed, StringComparer.Ordinal)
                    ? (aggregate.Name, aggregate.Metadata(), [.. aggregate.Hosts().Where(h => h != removed)])
                    : throw new ApiException(404, $"Aggregate {id} has no host {removed}."), cancellationToken);

            case "set_metadata":
                var wanted = ReadMetadata(action);
                policy.Require(context, AdminPolicies.SetAggregateMetadata, PolicyTarget.None);
                return await ChangeAsync(id, context, store, aggregate => (aggregate.Name, Merge(aggregate.Metadata(), wanted), aggregate.Hosts()), cancellationToken);

            default:
                throw new ApiException(400, $"There is no such action: {names[0]}");
        }
    }

    private static string ReadHost(RequestObject action)
    {
        var host = action.Text("host", 1, 255, required: true)!;
        action.Done();
        return host;
    }

    // A null value deletes its key.
    private static Dictionary<string, string?> ReadMetadata(RequestObject action)
    {
        var metadata = action.Object("metadata") ?? throw action.Missing("metadata");
        action.Done();
        return metadata.Names.ToDictionary(name => name, name => metadata.Text(name, 0, 255, nullable: true), StringComparer.Ordinal);
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string> stored, Dictionary<string, string?> wanted)
    {
        foreach (var (key, value) in wanted)
        {
            if (value is null)
            {
                stored.Remove(key);
            }
            else
            {
                stored[key] = value;
            }
        }

        return stored;
    }

    private static async Task<IResult> ChangeAsync(
        string id, RequestContext context, AggregateStore store, Func<Aggregate, (string Name, Dictionary<string, string> Metadata, List<string> Hosts)> change,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var aggregate = await GetAsync(id, store, cancellationToken);
            var (name, metadata, hosts) = change(aggregate);
            var changed = await store.TryUpdateAsync(aggregate, name, metadata, hosts, cancellationToken) ?? throw new ApiException(409, $"Aggregate {name} already exists.");
            if (changed)
            {
                var now = await GetAsync(id, store, cancellationToken);
                return JsonAnswer.Member("aggregate", json => Write(json, now, context.Version));
            }
        }
    }

    private static async Task<Aggregate> GetAsync(string id, AggregateStore store, CancellationToken cancellationToken) =>
        !int.TryParse(id, out var number) ? throw new ApiException(400, $"Invalid input for query parameters id. Value: {id}. '{id}' is not an integer")
        : await store.FindAsync(number, cancellationToken) ?? throw new ApiException(404, $"Aggregate {id} could not be found.");

    private static void Write(Utf8JsonWriter json, Aggregate aggregate, Microversion version, bool created = false)
    {
        json.WriteNumber("id", aggregate.Id);
        if (version >= new Microversion(2, 41))
        {
            json.WriteString("uuid", aggregate.Uuid);
        }

        json.WriteString("name", aggregate.Name);
        json.WriteString("availability_zone", aggregate.Zone());
        if (!created)
        {
            json.WriteStrings("hosts", aggregate.Hosts());
            json.WriteMap("metadata", aggregate.Metadata());
        }

        json.WriteLongTime("created_at", aggregate.CreatedAt);
        json.WriteLongTime("updated_at", aggregate.UpdatedAt);
        json.WriteBoolean("deleted", false);
        json.WriteNull("deleted_at");
    }
}
