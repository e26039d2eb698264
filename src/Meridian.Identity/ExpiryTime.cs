// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Platform.Http;

namespace Meridian.Identity;

/// <summary>The <c>expires_at</c> of trusts and application credentials: ISO 8601 in UTC, the final Z may be left out.</summary>
internal static class ExpiryTime
{
    private const string Blame =
        "The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd' 'HH:mm'Z'", "yyyyMMdd'T'HHmmss'Z'", "yyyyMMdd'T'HHmm'Z'",
    ];

    /// <returns>Null when it is absent or null.</returns>
    /// <exception cref="ApiException">400 when it is no time, or past.</exception>
    public static DateTime? Read(ResourceBody body, TimeProvider clock)
    {
        if (body.Text("expires_at") is not { } text)
        {
            return null;
        }

        text = text.EndsWith('Z') ? text : text + 'Z';
        if (!DateTime.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            throw Errors.Invalid("Timestamp not in expected format. " + Blame);
        }

        // Databases keep microseconds.
        time = new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
        return time < clock.GetUtcNow().UtcDateTime ? throw Errors.Invalid("The 'expires_at' must not be before now. " + Blame) : time;
    }
}
