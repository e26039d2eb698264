// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

using Meridian.Platform.Auth;

namespace Meridian.Contracts.Compute;

/// <summary>One event for a server. Source: Compute API, "Create external events (os-server-external-events)".</summary>
/// <param name="Name">network-changed, network-vif-plugged, network-vif-unplugged, network-vif-deleted, volume-extended …</param>
/// <param name="Tag">What it is about: a port or volume id.</param>
/// <param name="Status">completed, failed or in-progress.</param>
public sealed record ServerExternalEvent(string Name, string ServerUuid, string? Tag = null, string Status = "completed");

/// <summary>What became of one event: 200, 404 (no such server), 422 (the server is on no host).</summary>
public sealed record ServerExternalEventResult(string Name, string ServerUuid, string? Tag, string? Status, int Code);

/// <summary>Tells the compute service what happened to what its servers use.</summary>
public sealed class ServerEventsClient(ServiceLink link) : ServiceClient(link)
{
    /// <returns>What became of each event; all are answered, also those that are refused.</returns>
    /// <exception cref="NeighbourException">Compute does not answer: tell it again later.</exception>
    public async Task<IReadOnlyList<ServerExternalEventResult>> SendAsync(IReadOnlyList<ServerExternalEvent> events, CancellationToken cancellationToken)
    {
        using var response = await SendJsonAsync(
            HttpMethod.Post, "/os-server-external-events", new ServerExternalEvents(events), ServerEventsJson.Default.ServerExternalEvents, cancellationToken);

        // Compute before Wallaby answers 404 when it knows none of the servers.
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return [.. events.Select(e => new ServerExternalEventResult(e.Name, e.ServerUuid, e.Tag, "failed", 404))];
        }

        await EnsureSuccessAsync(response, cancellationToken);
        return (await response.Content.ReadFromJsonAsync(ServerEventsJson.Default.ServerExternalEventResults, cancellationToken))?.Events ?? [];
    }
}

internal sealed record ServerExternalEvents(IReadOnlyList<ServerExternalEvent> Events);

internal sealed record ServerExternalEventResults(IReadOnlyList<ServerExternalEventResult> Events);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServerExternalEvents))]
[JsonSerializable(typeof(ServerExternalEventResults))]
internal sealed partial class ServerEventsJson : JsonSerializerContext;
