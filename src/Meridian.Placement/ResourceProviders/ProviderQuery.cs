// SPDX-License-Identifier: Apache-2.0
using Meridian.Placement.AllocationCandidates;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Placement.ResourceProviders;

/// <summary>The filters of a list of providers.</summary>
internal sealed record ProviderQuery
{
    public string? Uuid { get; init; }

    public string? Name { get; init; }

    public string? InTree { get; init; }

    public Dictionary<string, long> Resources { get; init; } = [];

    public TraitQuery Traits { get; init; } = TraitQuery.None;

    public AggregateQuery MemberOf { get; init; } = AggregateQuery.None;

    /// <summary>True when more than the providers' own rows decides.</summary>
    public bool LooksInside => InTree is not null || Resources.Count > 0 || !Traits.IsEmpty || !MemberOf.IsEmpty;

    /// <exception cref="ApiException">400: a member that the version does not have, or of a wrong form.</exception>
    public static ProviderQuery Parse(IQueryCollection query, RequestContext context)
    {
        QueryParts.CheckNames(query.Keys, name => name switch
        {
            "name" or "uuid" => true,
            "member_of" => context.AtLeast(3),
            "resources" => context.AtLeast(4),
            "in_tree" => context.AtLeast(14),
            "required" => context.AtLeast(18),
            _ => false,
        });
        return new()
        {
            Name = query.TryGetValue("name", out var name) ? name[^1] : null,
            Uuid = query.TryGetValue("uuid", out var uuid) ? CheckUuid("uuid", uuid[^1]!) : null,
            InTree = query.TryGetValue("in_tree", out var tree) ? CheckUuid("in_tree", tree[^1]!) : null,
            Resources = query.TryGetValue("resources", out var resources) ? QueryParts.Resources(resources[^1]!) : [],
            Traits = query.TryGetValue("required", out var required) ? QueryParts.Traits(required, context) : TraitQuery.None,
            MemberOf = query.TryGetValue("member_of", out var aggregates) ? QueryParts.MemberOf(aggregates, "", context) : AggregateQuery.None,
        };
    }

    /// <summary>Ids of the providers that the inner filters let through.</summary>
    public HashSet<string> Filter(Snapshot snapshot)
    {
        var topology = snapshot.Topology;
        QueryParts.CheckKnown(Resources.Keys, topology);
        QueryParts.CheckKnown(Traits, topology, reason => new(400, "Invalid trait(s) in \"required\" parameter: " + reason));
        IEnumerable<Node> nodes = topology.Nodes;
        if (InTree is not null)
        {
            nodes = topology.Find(InTree) is { } member ? topology.Trees[member.RootUuid] : [];
        }

        return nodes
            .Where(node => Traits.Allows(node.Traits) && MemberOf.Has(node.Aggregates) && !MemberOf.Forbids(node.Aggregates)
                && Resources.All(pair => snapshot.Fits(node, pair.Key, pair.Value)))
            .Select(node => node.Uuid).ToHashSet(StringComparer.Ordinal);
    }

    private static string CheckUuid(string name, string text) =>
        RequestBody.TryUuid(text) ?? throw new ApiException(400, $"Invalid query string parameters: '{text}' is not a 'uuid' ({name})");
}
