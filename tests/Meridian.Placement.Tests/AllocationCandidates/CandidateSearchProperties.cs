// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Placement.AllocationCandidates;
using Meridian.Placement.Inventories;

namespace Meridian.Placement.Tests.AllocationCandidates;

/// <summary>The search against a model that tries every way to serve a request and keeps those that the rules let through.</summary>
public sealed class CandidateSearchProperties
{
    private static readonly string[] Classes = ["VCPU", "MEMORY_MB", "SRIOV_NET_VF"];
    private static readonly string[] TraitNames = ["HW_CPU_X86_AVX", "HW_CPU_X86_VMX", "COMPUTE_NODE"];

    private static readonly Gen<Inventory> Inventories =
        Gen.Select(Gen.Int[1, 16], Gen.Int[0, 3], Gen.Int[1, 3], Gen.Int[1, 8], Gen.Int[1, 2], Gen.Int[1, 3].Select(n => n * 0.5)).Select((total, reserved, min, max, step, ratio) =>
            new Inventory { ProviderUuid = "", ResourceClass = "", Total = total, Reserved = Math.Min(reserved, total), MinUnit = min, MaxUnit = max, StepSize = step, AllocationRatio = ratio });

    private static readonly Gen<(Inventory?[] Inventories, bool[] Traits, long[] Used)> Providers =
        Gen.Select(Gen.Null(Inventories).Array[3], Gen.Bool.Array[3], Gen.Long[0, 12].Array[3]);

    // Trees of one to three providers, flat below their root.
    private static readonly Gen<Snapshot> Clouds = Providers.Array[1, 3].Array[1, 4].Select(Build);

    private static readonly Gen<CandidateRequest> Requests =
        Gen.Select(Gen.Int[0, 4].Array[3], Gen.Int[0, 2].Array[3]).Where((amounts, _) => amounts.Any(a => a > 0)).Select((amounts, wishes) => new CandidateRequest
        {
            Groups =
            [
                new("")
                {
                    Resources = Classes.Zip(amounts).Where(p => p.Second > 0).ToDictionary(p => p.First, p => (long)p.Second, StringComparer.Ordinal),
                    Traits = new(
                        [.. TraitNames.Where((_, i) => wishes[i] == 1).Select(t => new HashSet<string>(StringComparer.Ordinal) { t })],
                        [.. TraitNames.Where((_, i) => wishes[i] == 2)]),
                },
            ],
        });

    [Fact]
    public void Candidates_are_those_of_the_naive_model() =>
        Gen.Select(Clouds, Requests).Sample((cloud, request) => Shown(new CandidateSearch(cloud, request, nestedAware: true).Run()).SetEquals(Naive(cloud, request)), iter: 2000);

    [Fact]
    public void Every_candidate_fits_and_its_sum_stays_within_the_capacity() =>
        Gen.Select(Clouds, Requests).Sample((cloud, request) => new CandidateSearch(cloud, request, nestedAware: true).Run().TrueForAll(candidate => candidate.Shares.All(share =>
        {
            var inventory = share.Provider.Inventories[share.ResourceClass];
            return cloud.Used(share.Provider.Uuid, share.ResourceClass) + share.Amount <= (inventory.Total - inventory.Reserved) * inventory.AllocationRatio
                && share.Amount >= inventory.MinUnit && share.Amount <= inventory.MaxUnit && share.Amount % inventory.StepSize == 0;
        })), iter: 2000);

    private static HashSet<string> Naive(Snapshot cloud, CandidateRequest request)
    {
        var group = request.Groups[0];
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tree in cloud.Topology.Trees.Values)
        {
            IEnumerable<List<(Node Node, string Class, long Amount)>> ways = [[]];
            foreach (var (name, amount) in group.Resources)
            {
                ways = ways.SelectMany(way => tree.Select(node => new List<(Node, string, long)>(way) { (node, name, amount) }));
            }

            foreach (var way in ways)
            {
                var traits = way.SelectMany(w => w.Node.Traits).ToHashSet(StringComparer.Ordinal);
                var fits = way.TrueForAll(w => w.Node.Inventories.TryGetValue(w.Class, out var i) && w.Amount >= i.MinUnit && w.Amount <= i.MaxUnit && w.Amount % i.StepSize == 0
                    && w.Amount + cloud.Used(w.Node.Uuid, w.Class) <= (i.Total - i.Reserved) * i.AllocationRatio);
                if (fits && group.Traits.Required.TrueForAll(r => r.Overlaps(traits)) && !group.Traits.Forbidden.Overlaps(traits))
                {
                    found.Add(string.Join(' ', way.Select(w => $"{w.Node.Uuid}:{w.Class}:{w.Amount}").Order(StringComparer.Ordinal)));
                }
            }
        }

        return found;
    }

    private static HashSet<string> Shown(List<Candidate> candidates) =>
        candidates.Select(c => string.Join(' ', c.Shares.Select(s => $"{s.Provider.Uuid}:{s.ResourceClass}:{s.Amount}").Order(StringComparer.Ordinal))).ToHashSet(StringComparer.Ordinal);

    private static Snapshot Build((Inventory?[] Inventories, bool[] Traits, long[] Used)[][] trees)
    {
        var nodes = new List<Node>();
        var used = new Dictionary<(string, string), long>();
        for (var t = 0; t < trees.Length; t++)
        {
            for (var p = 0; p < trees[t].Length; p++)
            {
                var (inventories, traits, amounts) = trees[t][p];
                var node = new Node { Uuid = $"{t}-{p}", RootUuid = $"{t}-0", ParentUuid = p == 0 ? null : $"{t}-0" };
                for (var c = 0; c < Classes.Length; c++)
                {
                    if (inventories[c] is { } inventory)
                    {
                        node.Inventories[Classes[c]] = inventory;
                        used[(node.Uuid, Classes[c])] = amounts[c];
                    }

                    if (traits[c])
                    {
                        node.Traits.Add(TraitNames[c]);
                    }
                }

                nodes.Add(node);
            }
        }

        return new(new Topology(1, nodes, [], []), used);
    }
}
