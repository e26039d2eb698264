// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.Platform.Auth;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Http;

/// <summary>
/// Outermost: gives the request its id, drops the identity headers that only the token middleware may set, and logs the request as it ends.
/// Source: oslo.middleware request_id, keystonemiddleware (OSSA-2026-001).
/// </summary>
internal sealed partial class RequestIdMiddleware(RequestDelegate next, ServiceIdentity identity, ILogger<RequestIdMiddleware> logger)
{
    private const int MaxLoggedPath = 1024;

    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        var started = Stopwatch.GetTimestamp();
        request.RequestId = "req-" + Guid.NewGuid().ToString("D");
        request.GlobalRequestId = ValidGlobalId(context.Request.Headers["X-Openstack-Request-Id"].ToString());
        IdentityHeaders.Remove(context.Request.Headers);
        context.Response.Headers["x-openstack-request-id"] = request.RequestId;
        if (identity.RequestIdHeader is { } extra)
        {
            context.Response.Headers[extra] = request.RequestId;
        }

        Activity.Current?.SetTag("openstack.region", identity.Region)?.SetTag("openstack.service", identity.Program);
        using (logger.BeginScope(new RequestScope(request, identity)))
        {
            await next(context);
            var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            LogRequest(logger, context.Request.Method, Shortened(context.Request.Path), context.Response.StatusCode, elapsed);
        }
    }

    /// <summary>Nobody floods the log with the path of a request (OSSA-2012-003, OSSA-2013-003).</summary>
    private static string Shortened(string? path) => path is { Length: > MaxLoggedPath } ? path[..MaxLoggedPath] + "…" : path ?? "";

    /// <summary>The caller's id when it has the form req-&lt;uuid&gt;; anything else is dropped.</summary>
    private static string? ValidGlobalId(string value) =>
        value.Length == 40 && value.StartsWith("req-", StringComparison.Ordinal) && Guid.TryParseExact(value.AsSpan(4), "D", out _) ? value : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "\"{Method} {Path}\" status: {Status} time: {Elapsed:F1} ms")]
    private static partial void LogRequest(ILogger logger, string method, string path, int status, double elapsed);
}

/// <summary>Log scope of a request: read by the formatter.</summary>
public sealed class RequestScope(RequestContext request, ServiceIdentity identity)
{
    public RequestContext Request => request;

    public ServiceIdentity Identity => identity;

    public override string ToString() => request.RequestId;
}

/// <summary>Which program of which region this is: tags of logs, metrics and traces.</summary>
public sealed record ServiceIdentity(string Program, string? Region, string? RequestIdHeader = null);
