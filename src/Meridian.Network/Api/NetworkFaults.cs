// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Network.Api;

/// <summary>Neutron's errors: <c>{"NeutronError": {"type", "message", "detail"}}</c>, the type being an exception's class name that clients branch on.</summary>
internal sealed class NetworkFaults : JsonFaults
{
    public override string UnexpectedMessage => "Request Failed: internal server error while processing your request.";

    public override Task WriteUnknownRouteAsync(HttpContext context) => WriteWebobNotFoundAsync(context);

    protected override Task WriteFaultAsync(HttpContext context, ApiException fault) => WriteJsonAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("NeutronError");
        json.WriteString("type", fault.Type ?? TypeOf(fault.Status));
        json.WriteString("message", fault.Message);
        json.WriteString("detail", "");
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static string TypeOf(int status) => status switch
    {
        400 => "HTTPBadRequest",
        403 => "HTTPForbidden",
        404 => "HTTPNotFound",
        405 => "HTTPMethodNotAllowed",
        409 => "HTTPConflict",
        412 => "HTTPPreconditionFailed",
        413 => "HTTPRequestEntityTooLarge",
        415 => "HTTPUnsupportedMediaType",
        503 => "ServiceUnavailable",
        _ => "HTTPInternalServerError",
    };
}
