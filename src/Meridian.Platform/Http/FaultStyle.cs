// SPDX-License-Identifier: Apache-2.0
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

    protected static Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> write) => context.WriteJsonAsync(context.Response.StatusCode, write);
}
