// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

using Microsoft.AspNetCore.Http;

namespace Meridian.Image;

/// <summary>An answer written straight to JSON.</summary>
internal sealed class ImageAnswer(Action<Utf8JsonWriter> write, int status = 200, string? location = null) : IResult
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        if (location is not null)
        {
            response.Headers.Location = location;
        }

        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        response.ContentLength = buffer.WrittenCount;
        return response.Body.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted).AsTask();
    }

    /// <summary>Times as glance prints them: whole seconds, UTC.</summary>
    public static string Time(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ");
}
