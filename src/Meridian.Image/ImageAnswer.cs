// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Image;

/// <summary>An answer written straight to JSON.</summary>
internal sealed class ImageAnswer(Action<Utf8JsonWriter> write, int status = 200, string? location = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (location is not null)
        {
            httpContext.Response.Headers.Location = location;
        }

        return httpContext.WriteJsonAsync(status, write, expectedLength: 2048);
    }

    /// <summary>Times as glance prints them: whole seconds, UTC.</summary>
    public static string Time(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ");
}
