// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.RegularExpressions;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Placement.AllocationCandidates;

/// <summary>
/// One group of a request for candidates. The group without a suffix may be served by several providers of a tree and by sharing ones; one with a
/// suffix by a single provider.
/// </summary>
internal sealed record RequestGroup(string Suffix)
{
    public Dictionary<string, long> Resources { get; set; } = [];

    public TraitQuery Traits { get; set; } = TraitQuery.None;

    public AggregateQuery MemberOf { get; set; } = AggregateQuery.None;

    public string? InTree { get; set; }

    public bool IsGranular => Suffix.Length > 0;
}

/// <summary>A request for candidates. Source: placement API reference, "Allocation candidates"; checks in the order of placement/lib.py.</summary>
internal sealed partial record CandidateRequest
{
    public required IReadOnlyList<RequestGroup> Groups { get; init; }

    public int? Limit { get; init; }

    /// <summary>True: groups with a suffix are served by providers of their own.</summary>
    public bool Isolate { get; init; }

    /// <summary>Traits that the root of the tree must and must not have.</summary>
    public TraitQuery RootRequired { get; init; } = TraitQuery.None;

    /// <summary>Each: the providers of these groups are one of them and providers below it.</summary>
    public IReadOnlyList<HashSet<string>> SameSubtrees { get; init; } = [];

    /// <exception cref="ApiException">400.</exception>
    public static CandidateRequest Parse(IQueryCollection query, RequestContext context)
    {
        CheckMembers(query, context);
        int? limit = query.TryGetValue("limit", out var limits) ? ParseLimit(limits[0]!) : null;
        var policy = query.TryGetValue("group_policy", out var policies) ? policies[0] : null;
        if (policy is not (null or "none" or "isolate"))
        {
            throw new ApiException(400, $"Invalid query string parameters: '{policy}' is not one of ['none', 'isolate']");
        }

        var root = ParseRootRequired(query, context);
        var subtrees = ParseSubtrees(query);
        var groups = ParseGroups(query, context);
        if (context.AtLeast(36))
        {
            CheckSubtrees(groups, subtrees);
        }
        else
        {
            CheckOrphans(groups);
        }

        if (context.AtLeast(22))
        {
            CheckConflicts(groups);
        }

        if (policy is null && groups.Values.Count(g => g.IsGranular) > 1)
        {
            throw new ApiException(400, "The \"group_policy\" parameter is required when specifying more than one \"resources{N}\" parameter.");
        }

        return new() { Groups = [.. groups.Values], Limit = limit, Isolate = policy == "isolate", RootRequired = root, SameSubtrees = subtrees };
    }

    private static void CheckMembers(IQueryCollection query, RequestContext context)
    {
        if (!context.AtLeast(25) && !query.ContainsKey("resources"))
        {
            throw new ApiException(400, "Invalid query string parameters: 'resources' is a required property");
        }

        QueryParts.CheckNames(query.Keys, name => name switch
        {
            "resources" => true,
            "limit" => context.AtLeast(16),
            "required" => context.AtLeast(17),
            "member_of" => context.AtLeast(21),
            "group_policy" => context.AtLeast(25),
            "root_required" => context.AtLeast(35),
            "same_subtree" => context.AtLeast(36),
            _ => IsGroupMember(name, context),
        });
    }

    private static bool IsGroupMember(string name, RequestContext context) =>
        context.AtLeast(25) && Match(name, context) is { Success: true } match && (match.Groups[1].Value != "in_tree" || context.AtLeast(31));

    private static Match Match(string name, RequestContext context) => context.AtLeast(33) ? NamedGroup.Match(name) : NumberedGroup.Match(name);

    private static int ParseLimit(string text) =>
        text.Length > 0 && text[0] is >= '1' and <= '9' && text.All(char.IsAsciiDigit)
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue
            : throw new ApiException(400, $"Invalid query string parameters: '{text}' does not match '^[1-9][0-9]*$'");

    private static TraitQuery ParseRootRequired(IQueryCollection query, RequestContext context)
    {
        if (!query.TryGetValue("root_required", out var values))
        {
            return TraitQuery.None;
        }

        if (values.Count > 1)
        {
            throw new ApiException(400, "Query parameter 'root_required' may be specified only once.", code: PlacementFaults.DuplicateQueryKey);
        }

        if (values[0]!.StartsWith("in:", StringComparison.Ordinal))
        {
            throw new ApiException(400, $"Invalid query string parameters: The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39. Got: {values[0]}");
        }

        var root = QueryParts.Traits(values, context);
        var conflicts = root.Required.SelectMany(any => any).Where(root.Forbidden.Contains).Distinct(StringComparer.Ordinal).ToList();
        return conflicts.Count == 0 ? root
            : throw new ApiException(400, $"Conflicting required and forbidden traits found in root_required: {string.Join(", ", conflicts)}", code: PlacementFaults.BadQueryValue);
    }

    private static List<HashSet<string>> ParseSubtrees(IQueryCollection query)
    {
        var subtrees = new List<HashSet<string>>();
        foreach (var value in query["same_subtree"])
        {
            var suffixes = value!.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
            subtrees.Add(suffixes.Contains("")
                ? throw new ApiException(400, "Empty string (unsuffixed group) can not be specified in `same_subtree` ", code: PlacementFaults.BadQueryValue)
                : suffixes);
        }

        return subtrees;
    }

    private static Dictionary<string, RequestGroup> ParseGroups(IQueryCollection query, RequestContext context)
    {
        var groups = new Dictionary<string, RequestGroup>(StringComparer.Ordinal);
        foreach (var (name, values) in query)
        {
            if (Match(name, context) is not { Success: true } match)
            {
                continue;
            }

            var suffix = match.Groups[2].Value;
            if (!groups.TryGetValue(suffix, out var group))
            {
                groups[suffix] = group = new(suffix);
            }

            switch (match.Groups[1].Value)
            {
                case "resources": group.Resources = QueryParts.Resources(values[^1]!); break;
                case "required": group.Traits = QueryParts.Traits(values, context); break;
                case "member_of": group.MemberOf = QueryParts.MemberOf(values, suffix, context); break;
                default: group.InTree = QueryParts.Tree(values[^1]!); break;
            }
        }

        return groups;
    }

    private static void CheckSubtrees(Dictionary<string, RequestGroup> groups, List<HashSet<string>> subtrees)
    {
        var empty = groups.Values.Where(g => g.Resources.Count == 0).Select(g => g.Suffix).ToList();
        if (empty.Count == groups.Count)
        {
            throw new ApiException(400, "There must be at least one resources or resources[$S] parameter.", code: PlacementFaults.MissingQueryValue);
        }

        var named = subtrees.SelectMany(s => s).ToHashSet(StringComparer.Ordinal);
        var bad = empty.Where(suffix => !named.Contains(suffix)).ToList();
        if (bad.Count > 0)
        {
            throw new ApiException(
                400, $"Resourceless suffixed group request should be specified in `same_subtree` query param: bad group(s) - {Shown(bad)}.", code: PlacementFaults.BadQueryValue);
        }

        var unreal = named.Where(suffix => !groups.ContainsKey(suffix)).ToList();
        if (unreal.Count > 0)
        {
            throw new ApiException(
                400, $"Real suffixes should be specified in `same_subtree`: {Shown(unreal)} not found in {Shown(groups.Keys)}.", code: PlacementFaults.BadQueryValue);
        }
    }

    private static void CheckOrphans(Dictionary<string, RequestGroup> groups)
    {
        Refuse(g => g.Traits.Required.Count > 0, "All traits parameters must be associated with resources.  Found the following orphaned traits keys: ", "required");
        Refuse(g => !g.MemberOf.IsEmpty, "All member_of parameters must be associated with resources. Found the following orphaned member_of keys: ", "member_of");
        if (groups.Values.Any(g => g.Resources.Count == 0))
        {
            throw new ApiException(400, "All request groups must specify resources.");
        }

        if (groups.Count == 0)
        {
            throw new ApiException(400, "At least one request group (`resources` or `resources{$S}`) is required.");
        }

        void Refuse(Func<RequestGroup, bool> has, string message, string name)
        {
            var orphans = groups.Values.Where(g => g.Resources.Count == 0 && has(g)).Select(g => name + g.Suffix).ToList();
            if (orphans.Count > 0)
            {
                throw new ApiException(400, message + string.Join(", ", orphans));
            }
        }
    }

    private static void CheckConflicts(Dictionary<string, RequestGroup> groups)
    {
        var conflicts = groups.Values
            .SelectMany(g => g.Traits.Required.Where(any => any.All(g.Traits.Forbidden.Contains)).Select(any => $"required{g.Suffix}: ({string.Join(", ", any.Order(StringComparer.Ordinal))})"))
            .Order(StringComparer.Ordinal).ToList();
        if (conflicts.Count > 0)
        {
            throw new ApiException(400, "Conflicting required and forbidden traits found in the following traits keys: " + string.Join(", ", conflicts));
        }
    }

    private static string Shown(IEnumerable<string> suffixes) => "[" + string.Join(", ", suffixes.Select(s => $"'{s}'")) + "]";

    [GeneratedRegex("^(resources|required|member_of|in_tree)([1-9][0-9]*)?$")]
    private static partial Regex NumberedGroup { get; }

    [GeneratedRegex("^(resources|required|member_of|in_tree)([a-zA-Z0-9_-]{1,64})?$")]
    private static partial Regex NamedGroup { get; }
}
