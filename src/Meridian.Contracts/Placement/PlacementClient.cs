// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using Meridian.Platform.Auth;

namespace Meridian.Contracts.Placement;

/// <summary>
/// Placement as compute needs it. Speaks 1.39. Changes of a provider name the generation that was read; the Ensure methods read again and
/// repeat where somebody else changed it in between.
/// </summary>
public sealed class PlacementClient(ServiceLink link, string? requestId = null) : ServiceClient(link, requestId: requestId)
{
    private const int Attempts = 5;

    protected override void AddHeaders(HttpRequestHeaders headers) => headers.Add("OpenStack-API-Version", "placement 1.39");

    public Task<ResourceProvider?> FindProviderAsync(string uuid, CancellationToken cancellationToken) =>
        FindJsonAsync($"/resource_providers/{uuid}", PlacementJson.Default.ResourceProvider, cancellationToken);

    public async Task<IReadOnlyList<ResourceProvider>> ListProvidersAsync(CancellationToken cancellationToken) =>
        (await GetJsonAsync("/resource_providers", PlacementJson.Default.ProviderList, cancellationToken)).ResourceProviders;

    /// <summary>The provider of this id, created when absent.</summary>
    /// <exception cref="UnexpectedAnswerException">409: another provider has the name.</exception>
    public async Task<ResourceProvider> EnsureProviderAsync(string uuid, string name, string? parentUuid, CancellationToken cancellationToken)
    {
        if (await FindProviderAsync(uuid, cancellationToken) is { } found)
        {
            return found;
        }

        using var response = await SendJsonAsync(
            HttpMethod.Post, "/resource_providers", new CreateProvider(uuid, name) { ParentProviderUuid = parentUuid }, PlacementJson.Default.CreateProvider, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict && await FindProviderAsync(uuid, cancellationToken) is { } other)
        {
            return other;
        }

        await EnsureSuccessAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync(PlacementJson.Default.ResourceProvider, cancellationToken))!;
    }

    /// <returns>False when allocations or children keep it.</returns>
    public async Task<bool> TryDeleteProviderAsync(string uuid, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"/resource_providers/{uuid}", null, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }

        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await EnsureSuccessAsync(response, cancellationToken);
        }

        return true;
    }

    public Task<ProviderInventories?> FindInventoriesAsync(string uuid, CancellationToken cancellationToken) =>
        FindJsonAsync($"/resource_providers/{uuid}/inventories", PlacementJson.Default.ProviderInventories, cancellationToken);

    /// <summary>Makes the provider's inventories exactly these; sends nothing when they are already.</summary>
    public async Task EnsureInventoriesAsync(string uuid, IReadOnlyDictionary<string, Inventory> wanted, CancellationToken cancellationToken)
    {
        var path = $"/resource_providers/{uuid}/inventories";
        for (var attempt = 1; ; attempt++)
        {
            var current = await GetJsonAsync(path, PlacementJson.Default.ProviderInventories, cancellationToken);
            if (current.Inventories.Count == wanted.Count && wanted.All(pair => current.Inventories.TryGetValue(pair.Key, out var have) && have == pair.Value))
            {
                return;
            }

            if (await TryPutAsync(path, new(current.ResourceProviderGeneration, new(wanted)), PlacementJson.Default.ProviderInventories, attempt, cancellationToken))
            {
                return;
            }
        }
    }

    public Task<ProviderTraits?> FindTraitsAsync(string uuid, CancellationToken cancellationToken) =>
        FindJsonAsync($"/resource_providers/{uuid}/traits", PlacementJson.Default.ProviderTraits, cancellationToken);

    /// <summary>Makes the provider's traits exactly these; custom ones are created where they are new.</summary>
    public async Task EnsureTraitsAsync(string uuid, IReadOnlyCollection<string> wanted, CancellationToken cancellationToken)
    {
        var path = $"/resource_providers/{uuid}/traits";
        for (var attempt = 1; ; attempt++)
        {
            var current = await GetJsonAsync(path, PlacementJson.Default.ProviderTraits, cancellationToken);
            if (current.Traits.ToHashSet(StringComparer.Ordinal).SetEquals(wanted))
            {
                return;
            }

            foreach (var trait in wanted.Except(current.Traits).Where(t => t.StartsWith("CUSTOM_", StringComparison.Ordinal)))
            {
                using var response = await SendAsync(HttpMethod.Put, $"/traits/{trait}", null, cancellationToken);
                await EnsureSuccessAsync(response, cancellationToken);
            }

            if (await TryPutAsync(path, new(current.ResourceProviderGeneration, [.. wanted]), PlacementJson.Default.ProviderTraits, attempt, cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Makes the provider a member of exactly these aggregates.</summary>
    public async Task EnsureAggregatesAsync(string uuid, IReadOnlyCollection<string> wanted, CancellationToken cancellationToken)
    {
        var path = $"/resource_providers/{uuid}/aggregates";
        for (var attempt = 1; ; attempt++)
        {
            var current = await GetJsonAsync(path, PlacementJson.Default.ProviderAggregates, cancellationToken);
            if (current.Aggregates.ToHashSet(StringComparer.Ordinal).SetEquals(wanted)
                || await TryPutAsync(path, new([.. wanted], current.ResourceProviderGeneration), PlacementJson.Default.ProviderAggregates, attempt, cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Ways to satisfy the query, in the order to try them; empty lists when nothing can.</summary>
    public Task<AllocationCandidates> ListCandidatesAsync(CandidateQuery query, CancellationToken cancellationToken)
    {
        var path = new StringBuilder("/allocation_candidates?resources=");
        path.AppendJoin(',', query.Resources.Select(pair => $"{pair.Key}:{pair.Value}"));
        foreach (var required in query.Required)
        {
            path.Append("&required=").Append(Uri.EscapeDataString(required));
        }

        foreach (var member in query.MemberOf)
        {
            path.Append("&member_of=").Append(Uri.EscapeDataString(member));
        }

        if (query.InTree is { } tree)
        {
            path.Append("&in_tree=").Append(tree);
        }

        if (query.Limit is { } limit)
        {
            path.Append("&limit=").Append(limit);
        }

        foreach (var (name, value) in query.Further)
        {
            path.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return GetJsonAsync(path.ToString(), PlacementJson.Default.AllocationCandidates, cancellationToken);
    }

    /// <summary>What the consumer holds; <see cref="ConsumerAllocations.ConsumerGeneration"/> is null when it holds nothing.</summary>
    public Task<ConsumerAllocations> GetAllocationsAsync(string consumer, CancellationToken cancellationToken) =>
        GetJsonAsync($"/allocations/{consumer}", PlacementJson.Default.ConsumerAllocations, cancellationToken);

    /// <summary>Replaces what the consumer holds. Never over-allocates.</summary>
    public async Task<ClaimResult> ClaimAsync(string consumer, Claim claim, CancellationToken cancellationToken)
    {
        using var response = await SendJsonAsync(HttpMethod.Put, $"/allocations/{consumer}", claim, PlacementJson.Default.Claim, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Conflict)
        {
            await EnsureSuccessAsync(response, cancellationToken);
            return ClaimResult.Claimed;
        }

        return await CodeAsync(response, cancellationToken) == "placement.concurrent_update" ? ClaimResult.Conflict : ClaimResult.NoRoom;
    }

    /// <summary>Frees all that the consumer holds; nothing when it holds nothing.</summary>
    public async Task DeleteAllocationsAsync(string consumer, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"/allocations/{consumer}", null, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await EnsureSuccessAsync(response, cancellationToken);
        }
    }

    /// <summary>Amounts by consumer that a provider has given out; null when there is no such provider.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>?> FindProviderAllocationsAsync(string provider, CancellationToken cancellationToken)
    {
        var found = await FindJsonAsync($"/resource_providers/{provider}/allocations", PlacementJson.Default.ProviderAllocations, cancellationToken);
        return found?.Allocations.ToDictionary(pair => pair.Key, pair => (IReadOnlyDictionary<string, long>)pair.Value.Resources, StringComparer.Ordinal);
    }

    /// <summary>Every consumer with what it holds of which provider: for the audit. One request a provider.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>>> ListAllAllocationsAsync(CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>>(StringComparer.Ordinal);
        foreach (var provider in await ListProvidersAsync(cancellationToken))
        {
            foreach (var (consumer, resources) in await FindProviderAllocationsAsync(provider.Uuid, cancellationToken) ?? new Dictionary<string, IReadOnlyDictionary<string, long>>())
            {
                if (!all.TryGetValue(consumer, out var held))
                {
                    all[consumer] = held = new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal);
                }

                ((Dictionary<string, IReadOnlyDictionary<string, long>>)held)[provider.Uuid] = resources;
            }
        }

        return all;
    }

    /// <returns>False when the generation moved on and the caller should read again.</returns>
    private async Task<bool> TryPutAsync<T>(string path, T body, JsonTypeInfo<T> type, int attempt, CancellationToken cancellationToken)
    {
        using var response = await SendJsonAsync(HttpMethod.Put, path, body, type, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict && attempt < Attempts && await CodeAsync(response, cancellationToken) == "placement.concurrent_update")
        {
            return false;
        }

        await EnsureSuccessAsync(response, cancellationToken);
        return true;
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var errors = await response.Content.ReadFromJsonAsync(PlacementJson.Default.PlacementErrors, cancellationToken);
            return errors?.Errors?.FirstOrDefault()?.Code;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
