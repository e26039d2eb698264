// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.Metrics;
using System.Text.Json;

using Meridian.Platform.Telemetry;

using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Messaging;

/// <summary>Takes a message's bytes to its handler. Whatever the bytes are, it returns: a bad message never ends a consumer (OSSA-2013-026).</summary>
internal sealed partial class BusDispatcher(BusEndpoint endpoint, ILogger logger)
{
    /// <summary>Larger messages are refused by the sender and dropped by the receiver.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly Meter Meter = new(MeterNames.Messaging);
    private static readonly Counter<long> Handled = Meter.CreateCounter<long>("meridian.messages.handled", description: "Messages by method and outcome.");

    /// <param name="isOnlyReader">True for a server's own queue: nobody newer will come for the message.</param>
    /// <param name="replyAsync">Sends the answer; null for casts.</param>
    /// <exception cref="OperationCanceledException">The listener ends; the message was not handled to its end.</exception>
    public async Task<BusVerdict> DispatchAsync(
        ReadOnlyMemory<byte> body, bool isOnlyReader, bool isRedelivered, Func<BusReply, Task>? replyAsync, CancellationToken cancellationToken)
    {
        if (body.Length > MaxBytes)
        {
            LogDropped(logger, endpoint.Topic, $"it has {body.Length} bytes");
            return BusVerdict.Done;
        }

        BusMessage? message;
        try
        {
            message = JsonSerializer.Deserialize(body.Span, BusJson.Default.BusMessage);
        }
        catch (JsonException e)
        {
            LogDropped(logger, endpoint.Topic, e.Message);
            return BusVerdict.Done;
        }

        if (message?.Method is null)
        {
            LogDropped(logger, endpoint.Topic, "it names no method");
            return BusVerdict.Done;
        }

        if (endpoint.Find(message.Method, message.Version) is not { } handle)
        {
            LogUnknown(logger, endpoint.Topic, message.Method, message.Version);
            if (isOnlyReader && replyAsync is not null)
            {
                await replyAsync(new(null, "UnsupportedVersion", $"Method {message.Method} {message.Version} is not known to this process."));
                return BusVerdict.Done;
            }

            return BusVerdict.Leave;
        }

        using (logger.BeginScope(new BusScope(message.RequestId, message.Method)))
        {
            BusReply reply;
            try
            {
                var result = await handle(message.Arguments, new(message.Method, message.RequestId, isRedelivered), cancellationToken);
                reply = new(result, null, null);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                LogFailed(logger, e, endpoint.Topic, message.Method);
                reply = new(null, e.GetType().Name, e.Message);
            }

            Handled.Add(1, new("method", message.Method), new("outcome", reply.ErrorType is null ? "ok" : "error"));
            if (replyAsync is not null)
            {
                await replyAsync(reply);
            }

            return BusVerdict.Done;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A message to {Topic} is dropped: {Why}")]
    private static partial void LogDropped(ILogger logger, string topic, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message to {Topic} is for a newer process: {Method} {Version}")]
    private static partial void LogUnknown(ILogger logger, string topic, string method, int version);

    [LoggerMessage(Level = LogLevel.Error, Message = "Handling {Method} of {Topic} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string topic, string method);
}

/// <summary>Log scope of a message: read by the formatter.</summary>
public sealed record BusScope(string? RequestId, string Method)
{
    public override string ToString() => RequestId ?? Method;
}
