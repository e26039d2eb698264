// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Compute;

/// <summary>Nova's errors: <c>{"itemNotFound":{"code":404,"message":"…"}}</c>, the key by status. Source: Compute API guide, "Faults".</summary>
internal sealed class ComputeFaults : JsonFaults
{
    public override bool WrongVerbIsNotFound => true;

    public override string UnexpectedMessage =>
        "Unexpected API Error. Please report this to the operator with the request id of this answer.";

    public override Task WriteUnknownRouteAsync(HttpContext context) => WriteWebobNotFoundAsync(context);

    protected override Task WriteFaultAsync(HttpContext context, ApiException fault) => WriteJsonAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject(KeyOf(fault.Status));
        json.WriteNumber("code", fault.Status);
        json.WriteString("message", fault.Message);
        if (fault.Headers.TryGetValue("Retry-After", out var after) && fault.Status is 413 or 429)
        {
            json.WriteString("retryAfter", after);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static string KeyOf(int status) => status switch
    {
        400 => "badRequest",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "itemNotFound",
        405 => "badMethod",
        409 => "conflictingRequest",
        413 or 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };
}
