// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Placement;

/// <summary>An answer written straight to JSON; from 1.15 on with last-modified and cache-control.</summary>
internal sealed class JsonAnswer(Action<Utf8JsonWriter> write, DateTime? lastModified, int status = 200, string? location = null, int expectedLength = 2048) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        SetCaching(httpContext, lastModified);
        if (location is not null)
        {
            httpContext.Response.Headers.Location = location;
        }

        return httpContext.WriteJsonAsync(status, write, expectedLength);
    }

    public static void SetCaching(HttpContext context, DateTime? lastModified)
    {
        if (lastModified is { } time && context.RequestServices.GetRequiredService<RequestContext>().AtLeast(15))
        {
            context.Response.Headers.LastModified = time.ToString("R");
            context.Response.Headers.CacheControl = "no-cache";
        }
    }

    /// <exception cref="ApiException">406: the client takes no JSON.</exception>
    public static void CheckAccept(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length > 0 && !accept.Contains("application/json", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("*/*", StringComparison.Ordinal) && !accept.Contains("application/*", StringComparison.Ordinal))
        {
            throw new ApiException(406, "Only application/json is provided");
        }
    }
}

/// <summary>An answer without a body.</summary>
internal sealed class EmptyAnswer(int status, DateTime? lastModified = null, string? location = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        JsonAnswer.SetCaching(httpContext, lastModified);
        if (location is not null)
        {
            httpContext.Response.Headers.Location = location;
        }

        return Task.CompletedTask;
    }
}
