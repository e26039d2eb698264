// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Placement.AllocationCandidates;

/// <summary>/allocation_candidates. Source: placement API reference, "Allocation candidates".</summary>
internal static class AllocationCandidateEndpoints
{
    public static void MapAllocationCandidates(this RouteGroupBuilder api) =>
        api.MapGet("/allocation_candidates", ListAsync).Since(1, 10).WithTags("allocation_candidates");

    private static async Task<IResult> ListAsync(
        HttpRequest request, RequestContext context, IPolicyEnforcer policy, TopologyCache topologies, ServiceConfig config,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        policy.Require(context, PlacementPolicies.ListCandidates, PolicyTarget.None);
        JsonAnswer.CheckAccept(request);
        var asked = CandidateRequest.Parse(request.Query, context);
        var snapshot = await topologies.GetAsync(withUsage: true, cancellationToken);
        var search = new CandidateSearch(
            snapshot, asked, nestedAware: context.AtLeast(29), config.Get(PlacementOptions.MaxAllocationCandidates),
            breadthFirst: config.Get(PlacementOptions.CandidatesGenerationStrategy) == "breadth-first");
        var candidates = Limit(search.Run(), asked.Limit, config.Get(PlacementOptions.RandomizeAllocationCandidates));
        return new JsonAnswer(json => Write(json, candidates, asked, snapshot, context), clock.GetUtcNow().UtcDateTime);
    }

    private static List<Candidate> Limit(List<Candidate> candidates, int? limit, bool randomize)
    {
        if (randomize)
        {
            Random.Shared.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates));
        }

        return limit < candidates.Count ? candidates[..limit.Value] : candidates;
    }

    private static void Write(Utf8JsonWriter json, List<Candidate> candidates, CandidateRequest asked, Snapshot snapshot, RequestContext context)
    {
        json.WriteStartObject();
        json.WriteStartArray("allocation_requests");
        foreach (var candidate in candidates)
        {
            WriteCandidate(json, candidate, context);
        }

        json.WriteEndArray();
        json.WriteStartObject("provider_summaries");
        var classes = context.AtLeast(27) ? null : asked.Groups.SelectMany(g => g.Resources.Keys).ToHashSet(StringComparer.Ordinal);
        foreach (var node in Summarized(candidates, snapshot.Topology, nestedAware: context.AtLeast(29)))
        {
            WriteSummary(json, node, classes, snapshot, context);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCandidate(Utf8JsonWriter json, Candidate candidate, RequestContext context)
    {
        json.WriteStartObject();
        if (context.AtLeast(12))
        {
            json.WriteStartObject("allocations");
            foreach (var provider in candidate.Shares.GroupBy(s => s.Provider))
            {
                json.WriteStartObject(provider.Key.Uuid);
                WriteResources(json, provider);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteStartArray("allocations");
            foreach (var provider in candidate.Shares.GroupBy(s => s.Provider))
            {
                json.WriteStartObject();
                json.WriteStartObject("resource_provider");
                json.WriteString("uuid", provider.Key.Uuid);
                json.WriteEndObject();
                WriteResources(json, provider);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (context.AtLeast(34))
        {
            json.WriteStartObject("mappings");
            foreach (var (suffix, providers) in candidate.Mappings)
            {
                json.WriteStartArray(suffix);
                foreach (var provider in providers)
                {
                    json.WriteStringValue(provider.Uuid);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, IEnumerable<Share> shares)
    {
        json.WriteStartObject("resources");
        foreach (var share in shares)
        {
            json.WriteNumber(share.ResourceClass, share.Amount);
        }

        json.WriteEndObject();
    }

    /// <summary>All providers of the trees that a candidate takes from; before 1.29 only those that it takes from.</summary>
    private static IEnumerable<Node> Summarized(List<Candidate> candidates, Topology topology, bool nestedAware)
    {
        var used = candidates.SelectMany(c => c.Shares).Select(s => s.Provider).Distinct();
        return nestedAware || !topology.HasNested ? used.Select(p => p.RootUuid).Distinct(StringComparer.Ordinal).SelectMany(root => topology.Trees[root]) : used;
    }

    private static void WriteSummary(Utf8JsonWriter json, Node node, HashSet<string>? classes, Snapshot snapshot, RequestContext context)
    {
        json.WriteStartObject(node.Uuid);
        json.WriteStartObject("resources");
        foreach (var (name, inventory) in node.Inventories)
        {
            if (classes?.Contains(name) != false)
            {
                json.WriteStartObject(name);
                json.WriteNumber("capacity", (long)inventory.Capacity);
                json.WriteNumber("used", snapshot.Used(node.Uuid, name));
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
        if (context.AtLeast(17))
        {
            json.WriteStartArray("traits");
            foreach (var trait in node.Traits)
            {
                json.WriteStringValue(trait);
            }

            json.WriteEndArray();
        }

        if (context.AtLeast(29))
        {
            json.WriteString("parent_provider_uuid", node.ParentUuid);
            json.WriteString("root_provider_uuid", node.RootUuid);
        }

        json.WriteEndObject();
    }
}
