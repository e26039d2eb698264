// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Platform.Http;

using Microsoft.Extensions.Primitives;

namespace Meridian.Placement.AllocationCandidates;

/// <summary>Traits as a query asks for them: all of <see cref="Required"/>, of each at least one; none of <see cref="Forbidden"/>.</summary>
internal sealed record TraitQuery(List<HashSet<string>> Required, HashSet<string> Forbidden)
{
    public static TraitQuery None => new([], new(StringComparer.Ordinal));

    public bool IsEmpty => Required.Count == 0 && Forbidden.Count == 0;

    public bool Allows(HashSet<string> traits) => !Forbidden.Overlaps(traits) && Satisfied(traits);

    public bool Satisfied(HashSet<string> traits)
    {
        foreach (var any in Required)
        {
            if (!any.Overlaps(traits))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Aggregates as a query asks for them, in the same form.</summary>
internal sealed record AggregateQuery(List<HashSet<string>> Required, HashSet<string> Forbidden)
{
    public static AggregateQuery None => new([], new(StringComparer.Ordinal));

    public bool IsEmpty => Required.Count == 0 && Forbidden.Count == 0;

    public bool Has(HashSet<string> aggregates) => Required.TrueForAll(any => any.Overlaps(aggregates));

    public bool Forbids(HashSet<string> aggregates) => Forbidden.Overlaps(aggregates);
}

/// <summary>Reads the parts that queries of providers and of candidates have in common. Messages are placement's (placement/util.py).</summary>
internal static class QueryParts
{
    /// <summary>VCPU:2,MEMORY_MB:1024.</summary>
    public static Dictionary<string, long> Resources(string text)
    {
        const string Form = "Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got: ";
        if (text.Trim().Length == 0)
        {
            throw new ApiException(400, Form + "empty string.");
        }

        var resources = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var part in text.Split(','))
        {
            var words = part.Split(':');
            if (words.Length != 2)
            {
                throw new ApiException(400, $"{Form}{part}.");
            }

            if (!long.TryParse(words[1], NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var amount))
            {
                throw new ApiException(400, $"Requested resource {words[0]} expected positive integer amount. Got: {words[1]}.");
            }

            resources[words[0]] = amount >= 1 ? amount : throw new ApiException(400, $"Requested resource {words[0]} requires amount >= 1. Got: {amount}.");
        }

        return resources;
    }

    /// <summary>The members named required or required{suffix}; "!" forbids from 1.22 on, "in:" is any of, and repeating counts, from 1.39 on.</summary>
    public static TraitQuery Traits(StringValues values, RequestContext context)
    {
        var traits = TraitQuery.None;
        foreach (var value in context.AtLeast(39) ? values : new StringValues(values[^1]))
        {
            AddTraits(traits, value ?? "", context);
        }

        return traits;
    }

    /// <summary>A UUID, or "in:" and several; with "!" before it, forbidden from 1.32 on.</summary>
    public static AggregateQuery MemberOf(StringValues values, string suffix, RequestContext context)
    {
        if (values.Count > 1 && !context.AtLeast(24))
        {
            throw new ApiException(400, $"Multiple member_of{suffix} parameters are not supported");
        }

        var query = AggregateQuery.None;
        foreach (var value in values)
        {
            AddAggregates(query, value ?? "", suffix, context);
        }

        return query;
    }

    public static string Tree(string text) =>
        RequestBody.TryUuid(text.Trim()) ?? throw new ApiException(400, $"Invalid query string parameters: Expected 'in_tree' parameter to be a format of uuid. Got: {text}");

    /// <summary>Refuses query members that the version does not have, as placement's schemas do.</summary>
    public static void CheckNames(IEnumerable<string> names, Func<string, bool> known)
    {
        foreach (var name in names)
        {
            if (!known(name))
            {
                throw new ApiException(400, $"Invalid query string parameters: Additional properties are not allowed ('{name}' was unexpected)");
            }
        }
    }

    public static void CheckKnown(TraitQuery query, Topology topology, Func<string, ApiException> refuse)
    {
        var unknown = query.Required.SelectMany(any => any).Concat(query.Forbidden).Where(t => !topology.KnowsTrait(t)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw refuse($"No such trait(s): {string.Join(", ", unknown)}.");
        }
    }

    public static void CheckKnown(IEnumerable<string> resourceClasses, Topology topology)
    {
        if (resourceClasses.FirstOrDefault(c => !topology.KnowsClass(c)) is { } unknown)
        {
            throw new ApiException(400, $"Invalid resource class in resources parameter: No such resource class {unknown}.");
        }
    }

    private static void AddTraits(TraitQuery query, string value, RequestContext context)
    {
        const string Invalid = "Invalid query string parameters: ";
        if (value.StartsWith("in:", StringComparison.Ordinal))
        {
            if (!context.AtLeast(39))
            {
                throw new ApiException(400, $"{Invalid}The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39. Got: {value}");
            }

            var any = value[3..].Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
            query.Required.Add(
                any.Contains("") ? throw new ApiException(400, $"{Invalid}Expected 'required' parameter value of the form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. Got an empty trait in: {value}")
                : any.Any(t => t.StartsWith('!')) ? throw new ApiException(400, $"{Invalid}The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' does not support forbidden traits. Got: {value}")
                : any);
            return;
        }

        var mayForbid = context.AtLeast(22);
        foreach (var trait in value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (trait.TrimStart('!').Length == 0)
            {
                throw new ApiException(400, $"{Invalid}Expected 'required' parameter value of the form: HW_CPU_X86_VMX,{(mayForbid ? "!" : "")}CUSTOM_MAGIC. Got an empty trait in: {value}");
            }

            if (!trait.StartsWith('!'))
            {
                query.Required.Add(new(StringComparer.Ordinal) { trait });
            }
            else if (mayForbid)
            {
                query.Forbidden.Add(trait.TrimStart('!'));
            }
            else
            {
                throw new ApiException(400, $"{Invalid}Expected 'required' parameter value of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: {value}");
            }
        }
    }

    private static void AddAggregates(AggregateQuery query, string value, string suffix, RequestContext context)
    {
        var forbids = value.StartsWith('!');
        var rest = forbids ? value[1..] : value;
        var several = rest.StartsWith("in:", StringComparison.Ordinal);
        rest = several ? rest[3..] : rest;
        if (!several && rest.Contains(',', StringComparison.Ordinal))
        {
            throw new ApiException(400, $"Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid microversion. Got: {value}");
        }

        var uuids = rest.Split(',')
            .Select(text => RequestBody.TryUuid(text) ?? throw new ApiException(400, $"Invalid query string parameters: Expected 'member_of' parameter to contain valid UUID(s). Got: {text}"))
            .ToHashSet(StringComparer.Ordinal);
        if (!forbids)
        {
            query.Required.Add(uuids);
        }
        else if (context.AtLeast(32))
        {
            query.Forbidden.UnionWith(uuids);
        }
        else
        {
            throw new ApiException(400, $"Forbidden member_of{suffix} parameters are not supported in the specified microversion");
        }
    }
}
