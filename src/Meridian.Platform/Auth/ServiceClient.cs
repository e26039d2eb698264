// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;

using Meridian.Platform.Config;

namespace Meridian.Platform.Auth;

/// <summary>How a client reaches its service: whose log-in, which section names the region, which type the catalog knows it by.</summary>
public sealed record ServiceLink(KeystoneSession Session, AuthSection Section, string ServiceType);

/// <summary>
/// Base of the typed clients in Contracts: finds the service by catalog and region, sends the token, and gives answers back as they came.
/// A neighbour that does not answer is a <see cref="NeighbourException"/>.
/// </summary>
public abstract class ServiceClient
{
    private readonly ServiceLink link;
    private readonly string? userToken;
    private readonly string? requestId;

    /// <param name="userToken">Act with this token instead of the service's own; never kept beyond a request.</param>
    /// <param name="requestId">Global request id, passed on to the neighbour.</param>
    protected ServiceClient(ServiceLink link, string? userToken = null, string? requestId = null)
    {
        this.link = link;
        this.userToken = userToken;
        this.requestId = requestId;
    }

    protected ServiceLink Link => link;

    /// <summary>Headers that each request of this client carries, such as a microversion.</summary>
    protected virtual void AddHeaders(HttpRequestHeaders headers)
    {
    }

    /// <summary>Sends a request to <paramref name="path"/> below the service's endpoint ("/allocations/…"). The caller disposes the answer.</summary>
    /// <exception cref="NeighbourException">No answer, or 401 for a fresh token.</exception>
    protected async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellationToken,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead, TimeSpan? timeout = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var endpoint = await link.Session.GetEndpointAsync(link.Section, link.ServiceType, cancellationToken);
            var token = userToken ?? await link.Session.GetTokenAsync(cancellationToken);
            using var request = new HttpRequestMessage(method, endpoint + path) { Content = content?.Invoke() };
            request.Headers.Add("X-Auth-Token", token);
            request.Headers.Accept.ParseAdd("application/json");
            if (requestId is not null)
            {
                request.Headers.Add("X-Openstack-Request-Id", requestId);
            }

            AddHeaders(request.Headers);
            var response = await SendOnceAsync(request, completion, timeout ?? link.Session.Timeout, cancellationToken);
            if (response.StatusCode != HttpStatusCode.Unauthorized || userToken is not null)
            {
                return response;
            }

            response.Dispose();
            link.Session.Forget(token);
            if (attempt > 0)
            {
                throw new NeighbourException($"{link.ServiceType} at {endpoint} refuses the token of section [{link.Session.Section}].");
            }
        }
    }

    protected Task<HttpResponseMessage> SendJsonAsync<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(method, path, () => JsonContent.Create(body, type), cancellationToken);

    /// <summary>GET that answers null for 404 and throws for anything but success.</summary>
    protected async Task<T?> FindJsonAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await EnsureSuccessAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync(type, cancellationToken);
    }

    protected async Task<T> GetJsonAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        await FindJsonAsync(path, type, cancellationToken) ?? throw new UnexpectedAnswerException(link.ServiceType, HttpMethod.Get, path, 404, "");

    /// <exception cref="UnexpectedAnswerException">The status is not of success.</exception>
    protected async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new UnexpectedAnswerException(
                link.ServiceType, response.RequestMessage!.Method, response.RequestMessage.RequestUri!.AbsolutePath, (int)response.StatusCode, body);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpRequestMessage request, HttpCompletionOption completion, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return await link.Session.Http.SendAsync(request, completion, deadline.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new NeighbourException($"{link.ServiceType} at {request.RequestUri!.GetLeftPart(UriPartial.Authority)} does not answer: {exception.Message}", exception);
        }
    }
}

/// <summary>A neighbour answered with a status that the caller did not foresee.</summary>
public sealed class UnexpectedAnswerException(string serviceType, HttpMethod method, string path, int status, string body)
    : Exception($"{serviceType} answered {method} {path} with {status}: {(body.Length > 500 ? body[..500] + "…" : body)}")
{
    public int Status { get; } = status;

    public string Body { get; } = body;
}
