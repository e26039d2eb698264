// SPDX-License-Identifier: Apache-2.0

using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Agent;

/// <summary>
/// Passes a guest's request on to nova's metadata API with the server's and project's id, signed. Who asks is told by the socket and the source address
/// alone; no header of the guest's but Accept and Content-Type goes on (OSSN-0074).
/// </summary>
internal sealed partial class MetadataProxy(MetadataDirectory directory, HttpClient nova, MetadataAgentSettings settings, ILogger<MetadataProxy> logger)
{
    /// <summary>A guest sends a password at most.</summary>
    private const int MaximumBody = 64 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var source = context.Connection.RemoteIpAddress;
        var network = context.Features.Get<ConnectionNetwork>();
        if (source is null || network is null || directory.Find(network.NetworkId, source) is not { } port)
        {
            LogUnknown(network?.NetworkId, source);
            await AnswerAsync(context, StatusCodes.Status404NotFound, "Not Found");
            return;
        }

        if (context.Request.ContentLength > MaximumBody)
        {
            await AnswerAsync(context, StatusCodes.Status413PayloadTooLarge, "Request Entity Too Large");
            return;
        }

        try
        {
            using var request = await RequestAsync(context, port, source);
            using var answer = await nova.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.ContentLength = answer.Content.Headers.ContentLength;
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or IOException && !context.RequestAborted.IsCancellationRequested)
        {
            LogAway(settings.Nova, error.Message);
            if (!context.Response.HasStarted)
            {
                await AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "An unknown error has occurred. Please try your request again.");
            }
        }
    }

    internal static string Sign(string secret, string serverId) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(serverId)));

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpContext context, MetadataPort port, IPAddress source)
    {
        // The path as the guest wrote it: nova decides what it means.
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var path = target.StartsWith('/') ? target : context.Request.Path + context.Request.QueryString;
        var request = new HttpRequestMessage(new(context.Request.Method), new Uri(settings.Nova, path.StartsWith("//", StringComparison.Ordinal) ? "/." + path : path));
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", source.ToString());
        request.Headers.TryAddWithoutValidation("X-Instance-ID", port.ServerId);
        request.Headers.TryAddWithoutValidation("X-Tenant-ID", port.ProjectId);
        request.Headers.TryAddWithoutValidation("X-Instance-ID-Signature", Sign(settings.SharedSecret, port.ServerId));
        if (context.Request.Headers.Accept is [{ Length: > 0 } accept, ..])
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            request.Content = new ByteArrayContent(body.ToArray());
            if (context.Request.ContentType is { } type)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }
        }

        return request;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metadata: no single port of network {NetworkId} has the address {Source}")]
    private partial void LogUnknown(string? networkId, IPAddress? source);

    [LoggerMessage(Level = LogLevel.Error, Message = "Metadata: nova's metadata API at {Nova} did not answer: {Reason}")]
    private partial void LogAway(Uri nova, string reason);
}
