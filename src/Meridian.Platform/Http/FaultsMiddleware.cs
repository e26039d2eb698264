// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Auth;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Http;

/// <summary>The one catch-all: turns exceptions and unmatched routes into the service's own error bodies.</summary>
internal sealed partial class FaultsMiddleware(RequestDelegate next, FaultStyle style, ILogger<FaultsMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.StatusCode is 404 or 405 && context.GetEndpoint() is null or { RequestDelegate: null } or { DisplayName: "405 HTTP Method Not Supported" }
                && context.Response.ContentLength is null && context.Response.ContentType is null)
            {
                await WriteUnmatchedAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away: nobody reads an answer.
            context.Response.StatusCode = 499;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, ToApiException(exception, request));
        }
    }

    private Task WriteUnmatchedAsync(HttpContext context)
    {
        if (context.Response.StatusCode == 405 && !style.WrongVerbIsNotFound)
        {
            return style.WriteAsync(context, new ApiException(405, "The method is not allowed for the requested URL."));
        }

        context.Response.StatusCode = 404;
        context.Response.Headers.Allow = default;
        return style.WriteUnknownRouteAsync(context);
    }

    private Task WriteAsync(HttpContext context, ApiException fault)
    {
        context.Response.StatusCode = fault.Status;
        foreach (var (name, value) in fault.Headers)
        {
            context.Response.Headers[name] = value;
        }

        return style.WriteAsync(context, fault);
    }

    private ApiException ToApiException(Exception exception, RequestContext request)
    {
        switch (exception)
        {
            case NeighbourException neighbour:
                LogNeighbour(logger, request.RequestId, neighbour.Detail);
                return neighbour;
            case ApiException fault:
                return fault;
            case BadHttpRequestException bad:
                return new ApiException(bad.StatusCode, bad.StatusCode == 413 ? "Request is too large." : bad.Message);
            case Exception when Database.IsUnstorableText(exception):
                return new ApiException(400, "A text of the request holds a NUL character.");
            case Exception when Database.IsUnavailable(exception):
                LogUnavailable(logger, exception, request.RequestId);
                return new ApiException(503, "The service's database is not reachable at this time. Try again later.");
            case Exception when Database.IsTransient(exception):
                LogBusy(logger, exception, request.RequestId);
                return new ApiException(503, "The request met others that changed the same data. Try again.");
            default:
                LogUnexpected(logger, exception, request.RequestId);
                return new ApiException(500, style.UnexpectedMessage);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string requestId);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId}: {Detail}")]
    private static partial void LogNeighbour(ILogger logger, string requestId, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{RequestId} lost against other transactions of the database")]
    private static partial void LogBusy(ILogger logger, Exception exception, string requestId);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId}: the database is not reachable")]
    private static partial void LogUnavailable(ILogger logger, Exception exception, string requestId);
}
