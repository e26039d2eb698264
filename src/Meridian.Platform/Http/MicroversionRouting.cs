// SPDX-License-Identifier: Apache-2.0
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Http;

/// <summary>Which versions an endpoint exists in; read by the middleware and by the compatibility document.</summary>
public sealed record VersionRange(Microversion? Since, Microversion? Until);

/// <summary>The versions of an API, and the headers in which it speaks of them.</summary>
/// <param name="ServiceType">Word in OpenStack-API-Version: compute, placement, volume.</param>
/// <param name="LegacyHeader">A header that older clients send the bare number in, such as X-OpenStack-Nova-API-Version.</param>
public sealed record MicroversionedApi(string ServiceType, Microversion Min, Microversion Max, string? LegacyHeader = null);

public static class MicroversionRouting
{
    private const string Header = "OpenStack-API-Version";

    /// <summary>The endpoint exists from this version on; before it the answer is 404.</summary>
    public static TBuilder Since<TBuilder>(this TBuilder builder, int major, int minor)
        where TBuilder : IEndpointConventionBuilder => builder.Range(new(major, minor), null);

    /// <summary>The endpoint exists up to and with this version; after it the answer is 404.</summary>
    public static TBuilder Until<TBuilder>(this TBuilder builder, int major, int minor)
        where TBuilder : IEndpointConventionBuilder => builder.Range(null, new(major, minor));

    public static RouteGroupBuilder WithMicroversions(this RouteGroupBuilder group, MicroversionedApi api)
    {
        group.WithMetadata(api);
        return group;
    }

    private static TBuilder Range<TBuilder>(this TBuilder builder, Microversion? since, Microversion? until)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new VersionRange(since, until)));
        return builder;
    }

    /// <summary>
    /// Reads the version that the client asks for, before the body is read: 400 for a bad form, 406 out of range, 404 for an endpoint absent in it.
    /// The answer repeats the version. Source: the "Microversions" section of the compute and placement API guides.
    /// </summary>
    internal static async Task NegotiateAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<MicroversionedApi>() is not { } api)
        {
            await next(context);
            return;
        }

        var asked = Asked(context.Request.Headers, api);
        var answer = context.Response.Headers;
        var request = context.RequestServices.GetRequiredService<RequestContext>();
        request.Version = api.Min;
        SetHeaders(answer, api, asked ?? api.Min.ToString());
        if (asked == "latest")
        {
            request.Version = api.Max;
        }
        else if (asked is not null)
        {
            if (!Microversion.TryParse(asked, out var version))
            {
                throw new ApiException(400, $"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum.", "invalid-version");
            }

            if (version < api.Min || version > api.Max)
            {
                throw new UnacceptableVersionException(asked, api);
            }

            request.Version = version;
        }

        SetHeaders(answer, api, request.Version.ToString());
        foreach (var range in endpoint.Metadata.OfType<VersionRange>())
        {
            if (request.Version < range.Since || request.Version > range.Until)
            {
                throw new ApiException(404, "The resource could not be found.");
            }
        }

        await next(context);
    }

    private static void SetHeaders(IHeaderDictionary answer, MicroversionedApi api, string version)
    {
        answer[Header] = $"{api.ServiceType} {version}";
        answer.Vary = api.LegacyHeader is null ? Header : $"{Header}, {api.LegacyHeader}";
        if (api.LegacyHeader is { } legacy)
        {
            answer[legacy] = version;
        }
    }

    private static string? Asked(IHeaderDictionary headers, MicroversionedApi api)
    {
        foreach (var entry in headers[Header].SelectMany(value => (value ?? "").Split(',')))
        {
            var words = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 2 && string.Equals(words[0], api.ServiceType, StringComparison.OrdinalIgnoreCase))
            {
                return words[1];
            }
        }

        return api.LegacyHeader is { } legacy && headers[legacy].ToString() is { Length: > 0 } value ? value.Trim() : null;
    }
}

/// <summary>A version that the API does not have. Rendered as 406; placement adds the two bounds.</summary>
public sealed class UnacceptableVersionException(string asked, MicroversionedApi api)
    : ApiException(406, $"Version {asked} is not supported by the API. Minimum is {api.Min} and maximum is {api.Max}.")
{
    public string Asked { get; } = asked;

    public MicroversionedApi Api { get; } = api;
}
