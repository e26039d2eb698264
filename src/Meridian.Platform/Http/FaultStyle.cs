// SPDX-License-Identifier: Apache-2.0
using System.Text.Encodings.Web;
using System.Text.Json;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Meridian.Platform.Http;

/// <summary>How a service writes its errors. The shapes are each API's own (api-ref, "Faults"; see docs/compatibility.md).</summary>
public abstract class FaultStyle
{
    /// <summary>Writes the body and content type of an error; status and headers are set already.</summary>
    public abstract Task WriteAsync(HttpContext context, ApiException fault);

    /// <summary>The answer for a path that no route has. Services differ from their own error shape here.</summary>
    public virtual Task WriteUnknownRouteAsync(HttpContext context) =>
        WriteAsync(context, new ApiException(404, "The resource could not be found."));

    /// <summary>True where a known path with a wrong verb is 404, as in nova and cinder, instead of 405.</summary>
    public virtual bool WrongVerbIsNotFound => false;

    /// <summary>What an unforeseen exception is shown as; the details are in the log, under the request id.</summary>
    public virtual string UnexpectedMessage => "An unexpected error prevented the server from fulfilling your request.";

    protected static string Title(int status) => ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : "Error";

    protected static async Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        context.Response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
        }
    }
}
