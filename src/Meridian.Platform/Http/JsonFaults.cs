// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Auth;

using Microsoft.AspNetCore.Http;

namespace Meridian.Platform.Http;

/// <summary>Base of the styles whose 401 is keystonemiddleware's and whose errors are one JSON object.</summary>
public abstract class JsonFaults : FaultStyle
{
    public sealed override Task WriteAsync(HttpContext context, ApiException fault) =>
        fault is UnauthorizedException
            ? WriteJsonAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("error");
                json.WriteNumber("code", 401);
                json.WriteString("title", "Unauthorized");
                json.WriteString("message", fault.Message);
                json.WriteEndObject();
                json.WriteEndObject();
            })
            : WriteFaultAsync(context, fault);

    protected abstract Task WriteFaultAsync(HttpContext context, ApiException fault);

    /// <summary>webob's page for an unknown path, as nova, cinder and glance answer it: HTML, or JSON where Accept asks for it.</summary>
    protected static Task WriteWebobNotFoundAsync(HttpContext context)
    {
        const string Text = "The resource could not be found.";
        if (context.Request.Headers.Accept.ToString().Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            return WriteJsonAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("message", Text + "<br /><br />\n\n\n");
                json.WriteString("code", "404 Not Found");
                json.WriteString("title", "Not Found");
                json.WriteEndObject();
            });
        }

        context.Response.ContentType = "text/html; charset=UTF-8";
        return context.Response.WriteAsync(
            $"<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  {Text}<br /><br />\n\n\n\n </body>\n</html>", context.RequestAborted);
    }
}
