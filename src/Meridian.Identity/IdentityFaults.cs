// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Tokens.Methods;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity;

/// <summary>Keystone's errors: <c>{"error":{"code":404,"title":"Not Found","message":"…"}}</c>; 401 names the Keystone to log in at.</summary>
internal sealed class IdentityFaults : FaultStyle
{
    // What Flask answers where no route matches.
    private const string UnknownRoute =
        "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. "
        + "If you entered the URL manually please check your spelling and try again.</p>\n";

    public override Task WriteAsync(HttpContext context, ApiException fault)
    {
        var headers = context.Response.Headers;
        headers.Vary = "X-Auth-Token";
        if (fault.Status == StatusCodes.Status401Unauthorized)
        {
            headers.WWWAuthenticate = $"Keystone uri=\"{IdentityRequest.RootOf(context)}/v3\"";
        }

        return WriteJsonAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteNumber("code", fault.Status);
            if (fault is UnsupportedMethodException unsupported)
            {
                WriteMethods(writer, unsupported.Configured);
            }

            writer.WriteString("message", Message(fault));
            writer.WriteString("title", Title(fault.Status));
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    public override Task WriteUnknownRouteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(UnknownRoute, context.RequestAborted);
    }

    private static void WriteMethods(Utf8JsonWriter writer, IReadOnlyList<string> methods)
    {
        writer.WriteStartObject("identity");
        writer.WriteStartArray("methods");
        foreach (var method in methods)
        {
            writer.WriteStringValue(method);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Message(ApiException fault) => fault switch
    {
        InvalidBodyException { Path.Length: 0, Value: null } => Errors.Expecting("valid JSON", "request body").Message,
        InvalidBodyException invalid => $"Invalid input for field '{invalid.Path.Replace('.', '/')}': {invalid.Reason}",
        _ => fault.Message,
    };
}
