// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using Meridian.Platform.Auth;

namespace Meridian.Contracts.Network;

/// <summary>
/// The Networking API v2.0 as other services use it. With <paramref name="userToken"/> it sees and may do what that user does; without, it acts as the
/// service user of the link's section and names the project where one is wanted.
/// </summary>
public sealed class NetworkClient(ServiceLink link, string? userToken = null, string? requestId = null) : ServiceClient(link, userToken, requestId)
{
    /// <param name="ids">Only these; null is every one.</param>
    /// <param name="projectId">Only this project's own.</param>
    /// <param name="shared">Only shared ones, or only those that are not.</param>
    public async Task<IReadOnlyList<NetworkInfo>> ListNetworksAsync(
        IReadOnlyCollection<string>? ids = null, string? projectId = null, bool? shared = null, CancellationToken cancellationToken = default) =>
        ids is { Count: 0 } ? []
        : (await GetAsync(Query("/v2.0/networks", Many("id", ids), One("project_id", projectId), One("shared", shared?.ToString())), NetworkContractsJson.Default.NetworkList, cancellationToken)).Networks;

    public Task<NetworkInfo?> FindNetworkAsync(string id, CancellationToken cancellationToken) =>
        FindAsync($"/v2.0/networks/{Uri.EscapeDataString(id)}", NetworkContractsJson.Default.NetworkEnvelope, static e => e.Network, cancellationToken);

    public async Task<IReadOnlyList<SubnetInfo>> ListSubnetsAsync(
        IReadOnlyCollection<string>? ids = null, string? networkId = null, CancellationToken cancellationToken = default) =>
        ids is { Count: 0 } ? []
        : (await GetAsync(Query("/v2.0/subnets", Many("id", ids), One("network_id", networkId)), NetworkContractsJson.Default.SubnetList, cancellationToken)).Subnets;

    /// <param name="deviceIds">Ports of these servers (or routers).</param>
    public async Task<IReadOnlyList<PortInfo>> ListPortsAsync(
        IReadOnlyCollection<string>? deviceIds = null, IReadOnlyCollection<string>? ids = null, string? projectId = null, string? networkId = null,
        string? deviceOwner = null, CancellationToken cancellationToken = default) =>
        deviceIds is { Count: 0 } || ids is { Count: 0 } ? []
        : (await GetAsync(
            Query("/v2.0/ports", Many("device_id", deviceIds), Many("id", ids), One("project_id", projectId), One("network_id", networkId), One("device_owner", deviceOwner)),
            NetworkContractsJson.Default.PortList, cancellationToken)).Ports;

    public Task<PortInfo?> FindPortAsync(string id, CancellationToken cancellationToken) =>
        FindAsync($"/v2.0/ports/{Uri.EscapeDataString(id)}", NetworkContractsJson.Default.PortEnvelope, static e => e.Port, cancellationToken);

    /// <exception cref="NetworkApiException">Refused: OverQuota, IpAddressGenerationFailure, MacAddressInUse …</exception>
    public Task<PortInfo> CreatePortAsync(PortCreate port, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "/v2.0/ports", new PortCreateEnvelope(port), NetworkContractsJson.Default.PortCreateEnvelope, cancellationToken);

    /// <exception cref="NetworkApiException">Refused; 404 (PortNotFound) when it is gone.</exception>
    public Task<PortInfo> UpdatePortAsync(string id, PortUpdate change, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, $"/v2.0/ports/{Uri.EscapeDataString(id)}", new PortUpdateEnvelope(change), NetworkContractsJson.Default.PortUpdateEnvelope, cancellationToken);

    /// <summary>Returns normally when there is no such port.</summary>
    public async Task DeletePortAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"/v2.0/ports/{Uri.EscapeDataString(id)}", null, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await EnsureAsync(response, cancellationToken);
        }
    }

    /// <param name="name">Exact name; several groups of a project may share one.</param>
    /// <param name="rules">With their rules.</param>
    public async Task<IReadOnlyList<SecurityGroupInfo>> ListSecurityGroupsAsync(
        IReadOnlyCollection<string>? ids = null, string? name = null, string? projectId = null, bool rules = false, CancellationToken cancellationToken = default) =>
        ids is { Count: 0 } ? []
        : (await GetAsync(
            Query("/v2.0/security-groups", Many("id", ids), One("name", name), One("project_id", projectId), "fields=id&fields=name&fields=project_id&fields=description", rules ? "fields=security_group_rules" : null),
            NetworkContractsJson.Default.SecurityGroupList, cancellationToken)).SecurityGroups;

    public async Task<IReadOnlyList<FloatingIpInfo>> ListFloatingIpsAsync(
        IReadOnlyCollection<string>? portIds = null, string? projectId = null, CancellationToken cancellationToken = default) =>
        portIds is { Count: 0 } ? []
        : (await GetAsync(Query("/v2.0/floatingips", Many("port_id", portIds), One("project_id", projectId)), NetworkContractsJson.Default.FloatingIpList, cancellationToken)).Floatingips;

    /// <summary>Limits and uses of a project by resource: port, network, security_group …</summary>
    public async Task<IReadOnlyDictionary<string, QuotaUse>> GetQuotaAsync(string projectId, CancellationToken cancellationToken) =>
        (await GetAsync($"/v2.0/quotas/{Uri.EscapeDataString(projectId)}/details", NetworkContractsJson.Default.QuotaEnvelope, cancellationToken)).Quota;

    private static string? One(string name, string? value) => value is null ? null : $"{name}={Uri.EscapeDataString(value)}";

    private static string? Many(string name, IReadOnlyCollection<string>? values) => values is null ? null : string.Join('&', values.Select(value => One(name, value)));

    private static string Query(string path, params ReadOnlySpan<string?> parts)
    {
        var text = new StringBuilder(path);
        foreach (var part in parts)
        {
            if (part is not null)
            {
                text.Append(text.Length == path.Length ? '?' : '&').Append(part);
            }
        }

        return text.ToString();
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        await EnsureAsync(response, cancellationToken);
        return await ReadAsync(response, type, cancellationToken);
    }

    private async Task<TInner?> FindAsync<TOuter, TInner>(string path, JsonTypeInfo<TOuter> type, Func<TOuter, TInner> inner, CancellationToken cancellationToken)
        where TInner : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await EnsureAsync(response, cancellationToken);
        return inner(await ReadAsync(response, type, cancellationToken));
    }

    private async Task<PortInfo> SendAsync<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendJsonAsync(method, path, body, type, cancellationToken);
        await EnsureAsync(response, cancellationToken);
        return (await ReadAsync(response, NetworkContractsJson.Default.PortEnvelope, cancellationToken)).Port;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync(type, cancellationToken)
        ?? throw new NetworkApiException(502, "InvalidAnswer", "The network service answered without a body.");

    private static async Task EnsureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        NetworkError? error = null;
        try
        {
            error = JsonSerializer.Deserialize(body, NetworkContractsJson.Default.ErrorEnvelope)?.NeutronError;
        }
        catch (JsonException)
        {
            // Not in the service's shape (a proxy's page, say): the status and text are all there is.
        }

        throw new NetworkApiException((int)response.StatusCode, error?.Type ?? "", error?.Message ?? (body.Length > 500 ? body[..500] : body));
    }
}

/// <summary>The network service refused; <see cref="Type"/> is its exception's class name (PortNotFound, OverQuota, IpAddressGenerationFailure …).</summary>
public sealed class NetworkApiException(int status, string type, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;
}
