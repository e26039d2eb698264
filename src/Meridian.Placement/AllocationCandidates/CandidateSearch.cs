// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Placement.AllocationCandidates;

/// <summary>An amount of one class from one provider.</summary>
internal readonly record struct Share(Node Provider, string ResourceClass, long Amount);

/// <summary>One way to serve a group, or all of them together.</summary>
/// <param name="Anchor">Root of the tree that it belongs to; sharing providers may come from elsewhere.</param>
internal sealed record Candidate(string Anchor, IReadOnlyList<Share> Shares, IReadOnlyDictionary<string, HashSet<Node>> Mappings);

/// <summary>
/// Finds the ways to serve a request in a snapshot; touches no database. Semantics: placement's documentation "Modeling with provider trees" and
/// "Provider tree queries", and placement/objects/allocation_candidate.py for what these leave open.
/// </summary>
/// <param name="nestedAware">False before 1.29: no candidate takes from two providers of one tree.</param>
internal sealed class CandidateSearch(Snapshot snapshot, CandidateRequest request, bool nestedAware, int maximum = -1, bool breadthFirst = false)
{
    private readonly Topology topology = snapshot.Topology;
    private readonly Dictionary<string, HashSet<string>> anchors = new(StringComparer.Ordinal);

    /// <exception cref="ApiException">400: a trait or class that does not exist.</exception>
    public List<Candidate> Run()
    {
        CheckNames();
        var byGroup = new List<(RequestGroup Group, ILookup<string, Candidate> Candidates)>();
        foreach (var group in request.Groups)
        {
            var found = Serve(group);
            if (found.Count == 0)
            {
                return [];
            }

            byGroup.Add((group, found.ToLookup(c => c.Anchor, StringComparer.Ordinal)));
        }

        var seen = new HashSet<Candidate>(CandidateEquality.Instance);
        var merged = new List<Candidate>();
        foreach (var combination in Combinations(byGroup))
        {
            if (maximum >= 0 && merged.Count >= maximum)
            {
                break;
            }

            if (Merge(combination) is { } candidate && seen.Add(candidate))
            {
                merged.Add(candidate);
            }
        }

        return merged;
    }

    private void CheckNames()
    {
        QueryParts.CheckKnown(request.RootRequired, topology, reason => new(400, reason));
        foreach (var group in request.Groups)
        {
            QueryParts.CheckKnown(group.Resources.Keys, topology);
            QueryParts.CheckKnown(group.Traits, topology, reason => new(400, reason));
        }
    }

    private List<Candidate> Serve(RequestGroup group)
    {
        string? onlyRoot = null;
        if (group.InTree is not null && (onlyRoot = topology.Find(group.InTree)?.RootUuid) is null)
        {
            return [];
        }

        return group.IsGranular || (!topology.HasNested && topology.Sharing.Count == 0) ? ServeByOne(group, onlyRoot) : ServeByTree(group, onlyRoot);
    }

    /// <summary>One provider has all of it.</summary>
    private List<Candidate> ServeByOne(RequestGroup group, string? onlyRoot)
    {
        var found = new List<Candidate>();
        foreach (var node in onlyRoot is null ? topology.Nodes : topology.Trees[onlyRoot])
        {
            if (!group.Traits.Allows(node.Traits) || !group.MemberOf.Has(node.Aggregates) || group.MemberOf.Forbids(node.Aggregates) || !FitsAll(node, group))
            {
                continue;
            }

            var shares = group.Resources.Select(pair => new Share(node, pair.Key, pair.Value)).ToList();
            var mappings = new Dictionary<string, HashSet<Node>>(1, StringComparer.Ordinal) { [group.Suffix] = [node] };
            foreach (var anchor in node.Shares ? AnchorsOf(node) : [node.RootUuid])
            {
                if (IsAnchor(anchor))
                {
                    found.Add(new(anchor, shares, mappings));
                }
            }
        }

        return found;
    }

    private bool FitsAll(Node node, RequestGroup group)
    {
        foreach (var (resourceClass, amount) in group.Resources)
        {
            if (!snapshot.Fits(node, resourceClass, amount))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Each class comes from some provider of the tree, or from one that shares with it; together they have the traits.</summary>
    private List<Candidate> ServeByTree(RequestGroup group, string? onlyRoot)
    {
        var sharing = topology.Sharing.Where(s => onlyRoot is null && group.MemberOf.Has(s.Aggregates)).ToList();
        var found = new List<Candidate>();
        foreach (var (root, members) in topology.Trees)
        {
            if ((onlyRoot is not null && root != onlyRoot) || !IsAnchor(root))
            {
                continue;
            }

            var outside = sharing.Where(s => s.RootUuid != root && AnchorsOf(s).Contains(root));
            ServeTree(group, root, [.. members, .. outside], found);
        }

        return found;
    }

    private void ServeTree(RequestGroup group, string root, List<Node> providers, List<Candidate> found)
    {
        var rootNode = topology.Find(root)!;
        var rootHas = group.MemberOf.Has(rootNode.Aggregates);
        if (group.MemberOf.Forbids(rootNode.Aggregates))
        {
            return;
        }

        // A root's aggregates hold for all of its tree.
        var usable = providers.Where(p => (rootHas || group.MemberOf.Has(p.Aggregates)) && !group.MemberOf.Forbids(p.Aggregates)
            && !group.Traits.Forbidden.Overlaps(p.Traits)).ToList();
        var choices = group.Resources
            .Select(pair => usable.Where(p => snapshot.Fits(p, pair.Key, pair.Value)).Select(p => new Share(p, pair.Key, pair.Value)).ToList()).ToList();
        foreach (var shares in Product(choices))
        {
            var chosen = shares.Select(s => s.Provider).ToHashSet();
            if (group.Traits.Required.Count > 0 && !group.Traits.Satisfied(chosen.SelectMany(p => p.Traits).ToHashSet(StringComparer.Ordinal)))
            {
                continue;
            }

            found.Add(new(root, shares, new Dictionary<string, HashSet<Node>>(1, StringComparer.Ordinal) { [group.Suffix] = chosen }));
        }
    }

    private bool IsAnchor(string root) => request.RootRequired.IsEmpty || request.RootRequired.Allows(topology.Find(root)!.Traits);

    private HashSet<string> AnchorsOf(Node sharing) =>
        anchors.TryGetValue(sharing.Uuid, out var known) ? known : anchors[sharing.Uuid] = topology.Anchors(sharing);

    /// <summary>For each anchor, one candidate of every group in each combination.</summary>
    private IEnumerable<IReadOnlyList<Candidate>> Combinations(List<(RequestGroup Group, ILookup<string, Candidate> Candidates)> byGroup)
    {
        var perAnchor = byGroup[0].Candidates.Select(g => g.Key).Where(anchor => byGroup.TrueForAll(g => g.Candidates.Contains(anchor)))
            .Select(anchor => Product([.. byGroup.Select(g => g.Candidates[anchor].ToList())]));
        return breadthFirst ? RoundRobin(perAnchor) : perAnchor.SelectMany(c => c);
    }

    private Candidate? Merge(IReadOnlyList<Candidate> parts)
    {
        var merged = parts.Count == 1 ? parts[0] : Consolidate(parts);
        if (request.Isolate)
        {
            var granular = request.Groups.Count(g => g.IsGranular);
            if (parts.Where(p => !p.Mappings.ContainsKey("")).SelectMany(p => p.Mappings.Values).SelectMany(n => n).Distinct().Count() != granular)
            {
                return null;
            }
        }

        if (!request.SameSubtrees.All(suffixes => IsSubtree([.. suffixes.SelectMany(s => merged.Mappings[s])])))
        {
            return null;
        }

        // Groups were served one by one: together they may ask more of a provider than it has.
        if (parts.Count > 1 && merged.Shares.Any(s => s.Amount > s.Provider.Inventories[s.ResourceClass].MaxUnit
            || snapshot.Used(s.Provider.Uuid, s.ResourceClass) + s.Amount > s.Provider.Inventories[s.ResourceClass].Capacity))
        {
            return null;
        }

        return nestedAware || merged.Shares.Select(s => s.Provider).Distinct().GroupBy(p => p.RootUuid, StringComparer.Ordinal).All(tree => tree.Count() == 1) ? merged : null;
    }

    private static Candidate Consolidate(IReadOnlyList<Candidate> parts)
    {
        var shares = parts.SelectMany(p => p.Shares).GroupBy(s => (s.Provider, s.ResourceClass))
            .Select(g => new Share(g.Key.Provider, g.Key.ResourceClass, g.Sum(s => s.Amount))).ToList();
        var mappings = parts.SelectMany(p => p.Mappings).ToDictionary(StringComparer.Ordinal);
        return new(parts[0].Anchor, shares, mappings);
    }

    /// <summary>True when one of the providers is an ancestor of all others.</summary>
    private bool IsSubtree(HashSet<Node> providers)
    {
        if (providers.Count < 2)
        {
            return true;
        }

        var common = providers.Select(Ancestors).Aggregate((left, right) => [.. left.Intersect(right)]);
        return providers.Any(common.Contains);
    }

    private HashSet<Node> Ancestors(Node node)
    {
        var found = new HashSet<Node> { node };
        for (var next = node; next.ParentUuid is { } parent && topology.Find(parent) is { } above; next = above)
        {
            found.Add(above);
        }

        return found;
    }

    /// <summary>Every way to pick one item of each list.</summary>
    private static IEnumerable<List<T>> Product<T>(IReadOnlyList<List<T>> lists)
    {
        if (lists.Any(l => l.Count == 0))
        {
            yield break;
        }

        var at = new int[lists.Count];
        while (true)
        {
            var picked = new List<T>(lists.Count);
            for (var i = 0; i < at.Length; i++)
            {
                picked.Add(lists[i][at[i]]);
            }

            yield return picked;
            var digit = at.Length - 1;
            while (digit >= 0 && ++at[digit] == lists[digit].Count)
            {
                at[digit--] = 0;
            }

            if (digit < 0)
            {
                yield break;
            }
        }
    }

    private static IEnumerable<T> RoundRobin<T>(IEnumerable<IEnumerable<T>> sources)
    {
        var open = new Queue<IEnumerator<T>>(sources.Select(s => s.GetEnumerator()));
        while (open.TryDequeue(out var source))
        {
            if (source.MoveNext())
            {
                yield return source.Current;
                open.Enqueue(source);
            }
            else
            {
                source.Dispose();
            }
        }
    }

    /// <summary>Candidates are the same when they take the same and serve the groups alike, whatever their anchor.</summary>
    private sealed class CandidateEquality : IEqualityComparer<Candidate>
    {
        public static readonly CandidateEquality Instance = new();

        public bool Equals(Candidate? x, Candidate? y) => ReferenceEquals(x, y) || (x is not null && y is not null
            && x.Shares.Count == y.Shares.Count && x.Mappings.Count == y.Mappings.Count
            && x.Shares.All(y.Shares.Contains) && x.Mappings.All(m => y.Mappings.TryGetValue(m.Key, out var other) && other.SetEquals(m.Value)));

        public int GetHashCode(Candidate obj)
        {
            var hash = 0;
            foreach (var share in obj.Shares)
            {
                hash ^= HashCode.Combine(share.Provider.Uuid, share.ResourceClass, share.Amount);
            }

            return hash;
        }
    }
}
