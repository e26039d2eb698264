// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Auth;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Image;

/// <summary>
/// Glance's errors are webob's pages: HTML, or an object of message, code and title where Accept asks for JSON. Source: webob's WSGIHTTPException;
/// measured on Zed.
/// </summary>
internal sealed class ImageFaults : FaultStyle
{
    public override string UnexpectedMessage => "";

    public override Task WriteUnknownRouteAsync(HttpContext context) => WriteAsync(context, new ApiException(404, ""));

    public override Task WriteAsync(HttpContext context, ApiException fault)
    {
        var status = $"{fault.Status} {Title(fault.Status)}";
        var accept = context.Request.Headers.Accept;
        if (accept.ToString().Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            return WriteJsonAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("message", Body(context, fault, text => text));
                json.WriteString("code", status);
                json.WriteString("title", Title(fault.Status));
                json.WriteEndObject();
            });
        }

        if (accept.Count > 0 && !accept.ToString().Contains("html", StringComparison.OrdinalIgnoreCase) && !accept.ToString().Contains("*/*", StringComparison.Ordinal))
        {
            // Neither is accepted, as by openstacksdk's patches, whose Accept is empty: webob answers in plain text.
            context.Response.ContentType = "text/plain; charset=UTF-8";
            return context.Response.WriteAsync($"{status}\n\n{Body(context, fault, text => text).Replace("<br />", "\n", StringComparison.Ordinal)}", context.RequestAborted);
        }

        context.Response.ContentType = "text/html; charset=UTF-8";
        var page = $"<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  {Body(context, fault, Escape)}\n\n </body>\n</html>";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(page, context.RequestAborted);
    }

    // webob puts the reason of some statuses after its own sentence, of others in its place.
    private static string Body(HttpContext context, ApiException fault, Func<string, string> escape) => fault.Status switch
    {
        401 when fault is UnauthorizedException => Plain(Sentence(401)),
        405 => $"The method {escape(context.Request.Method)} is not allowed for this resource. <br /><br />\n\n",
        415 => $"The request media type {escape(context.Request.ContentType ?? "")} is not supported by this server. <br /><br />\n{escape(fault.Message)}\n",
        _ => Plain(fault.Message.Length > 0 ? escape(fault.Message) : Sentence(fault.Status)),
    };

    private static string Plain(string explanation) => explanation + "<br /><br />\n\n\n";

    private static string Sentence(int status) => status switch
    {
        400 => "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        401 => "This server could not verify that you are authorized to access the document you requested.  Either you supplied the wrong credentials "
            + "(e.g., bad password), or your browser does not understand how to supply the credentials required.",
        403 => "Access was denied to this resource.",
        404 => "The resource could not be found.",
        409 => "There was a conflict when trying to complete your request.",
        413 => "The body of your request was too large for this server.",
        416 => "The Range requested is not available.",
        503 => "The server is currently unavailable. Please try again at a later time.",
        _ => "The server has either erred or is incapable of performing the requested operation.",
    };

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#x27;", StringComparison.Ordinal);
}
