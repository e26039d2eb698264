// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

using Meridian.Platform.Http;

using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Telemetry;

/// <summary>
/// A log line as oslo.log prints it by default: time, process, level, logger, request ids and user, then the region's tag and the message.
/// Source: oslo.log, logging_context_format_string and logging_default_format_string.
/// </summary>
public static class OsloLogFormat
{
    /// <param name="scope">Of the request that is served, if one is.</param>
    /// <param name="requestId">Of the request whose work a saga or a message carries on.</param>
    public static string Format(
        DateTimeOffset time, LogLevel level, string logger, string? region, RequestScope? scope, string? requestId, string message, Exception? exception)
    {
        var prefix = new StringBuilder(96)
            .Append(time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)).Append(' ')
            .Append(Environment.ProcessId).Append(' ').Append(Name(level)).Append(' ').Append(logger).Append(' ')
            .Append(Context(scope, requestId)).Append(' ');
        if (region is not null)
        {
            prefix.Append('[').Append(region).Append("] ");
        }

        if (exception is null && !message.Contains('\n', StringComparison.Ordinal))
        {
            return prefix.Append(message).ToString();
        }

        // Each line of a long message has the prefix, so that one `grep` of a request id finds them all.
        var start = prefix.ToString();
        var text = exception is null ? message : $"{message}\n{exception}";
        return string.Join('\n', text.Split('\n').Select(line => start + line.TrimEnd('\r')));
    }

    private static string Context(RequestScope? scope, string? requestId)
    {
        if (scope is null)
        {
            return requestId is null ? "[-]" : $"[None {requestId} - - - - -]";
        }

        var request = scope.Request;
        var token = request.Token;
        return $"[{request.GlobalRequestId ?? "None"} {request.RequestId} {token?.UserId ?? "-"} {token?.ProjectId ?? "-"} - {token?.User.Domain?.Id ?? "-"} {token?.Project?.Domain?.Id ?? "-"}]";
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "CRITICAL",
        _ => "DEBUG",
    };
}
