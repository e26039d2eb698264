// SPDX-License-Identifier: Apache-2.0
using Meridian.Placement.Inventories;
using Meridian.Placement.Traits;

namespace Meridian.Placement.AllocationCandidates;

/// <summary>A provider with all that decides whether it can serve a request; what is used comes from <see cref="Snapshot"/>.</summary>
internal sealed class Node
{
    public required string Uuid { get; init; }

    public required string? ParentUuid { get; init; }

    public required string RootUuid { get; init; }

    public Dictionary<string, Inventory> Inventories { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Traits { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Aggregates { get; } = new(StringComparer.Ordinal);

    public bool Shares => Traits.Contains(Trait.SharesViaAggregate);
}

/// <summary>All providers as they stood at one revision. Immutable once built; kept in memory because it changes seldom and is read by every request for candidates.</summary>
internal sealed class Topology
{
    private readonly Dictionary<string, Node> nodes;
    private readonly Dictionary<string, List<Node>> trees = new(StringComparer.Ordinal);

    public Topology(long revision, IEnumerable<Node> nodes, HashSet<string> customTraits, HashSet<string> customClasses)
    {
        Revision = revision;
        CustomTraits = customTraits;
        CustomClasses = customClasses;
        this.nodes = nodes.ToDictionary(node => node.Uuid, StringComparer.Ordinal);
        foreach (var node in this.nodes.Values)
        {
            if (!trees.TryGetValue(node.RootUuid, out var tree))
            {
                trees[node.RootUuid] = tree = [];
            }

            tree.Add(node);
        }

        HasNested = trees.Values.Any(tree => tree.Count > 1);
        Sharing = [.. this.nodes.Values.Where(node => node.Shares)];
    }

    public long Revision { get; }

    public HashSet<string> CustomTraits { get; }

    public HashSet<string> CustomClasses { get; }

    public bool HasNested { get; }

    /// <summary>Providers that share their inventory with the trees that have an aggregate in common with them.</summary>
    public IReadOnlyList<Node> Sharing { get; }

    public IReadOnlyCollection<Node> Nodes => nodes.Values;

    /// <summary>Trees by their root, in order of creation.</summary>
    public IReadOnlyDictionary<string, List<Node>> Trees => trees;

    public Node? Find(string uuid) => nodes.GetValueOrDefault(uuid);

    /// <summary>Roots of the trees that may use this sharing provider, its own included.</summary>
    public HashSet<string> Anchors(Node sharing)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal) { sharing.RootUuid };
        foreach (var node in nodes.Values)
        {
            if (node.Aggregates.Overlaps(sharing.Aggregates))
            {
                anchors.Add(node.RootUuid);
            }
        }

        return anchors;
    }

    public bool KnowsTrait(string name) => Trait.Standard.Contains(name) || CustomTraits.Contains(name);

    public bool KnowsClass(string name) => ResourceClasses.ResourceClass.IsStandard(name) || CustomClasses.Contains(name);
}

/// <summary>The topology with what is used at this moment.</summary>
internal sealed class Snapshot(Topology topology, Dictionary<(string Provider, string ResourceClass), long> used)
{
    public Topology Topology { get; } = topology;

    public long Used(string provider, string resourceClass) => used.GetValueOrDefault((provider, resourceClass));

    /// <summary>Whether the provider could give this amount now.</summary>
    public bool Fits(Node node, string resourceClass, long amount) =>
        node.Inventories.TryGetValue(resourceClass, out var inventory) && inventory.Takes(amount)
        && Used(node.Uuid, resourceClass) + amount <= inventory.Capacity;
}
