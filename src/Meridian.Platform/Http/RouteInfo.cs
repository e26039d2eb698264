// SPDX-License-Identifier: Apache-2.0
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Platform.Http;

/// <summary>One mapped route, for the compatibility document.</summary>
/// <param name="Api">The microversioned API it belongs to; null where there are no microversions.</param>
/// <param name="NeedsToken">False for version documents and log-in.</param>
public sealed record RouteInfo(string Method, string Path, MicroversionedApi? Api, Microversion? Since, Microversion? Until, bool NeedsToken)
{
    internal static IReadOnlyList<RouteInfo> Of(WebApplication app) =>
    [
        .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().SelectMany(Describe)
            .OrderBy(route => route.Path, StringComparer.Ordinal).ThenBy(route => route.Method, StringComparer.Ordinal),
    ];

    private static IEnumerable<RouteInfo> Describe(RouteEndpoint endpoint)
    {
        var ranges = endpoint.Metadata.OfType<VersionRange>().ToList();
        var path = "/" + (endpoint.RoutePattern.RawText ?? "").Trim('/');
        foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"])
        {
            yield return new(
                method, path, endpoint.Metadata.GetMetadata<MicroversionedApi>(), ranges.Max(r => r.Since), ranges.Min(r => r.Until),
                endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null);
        }
    }
}
