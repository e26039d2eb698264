// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Users;

/// <summary><c>password_expires_at=lt:2016-12-08T22:02:00Z</c> of lists of users. Source: identity v3 API, "List users".</summary>
internal static class PasswordExpiryFilter
{
    private const string Name = "password_expires_at";

    /// <exception cref="Platform.Http.ApiException">400: no such operator, or no time.</exception>
    public static IQueryable<User> Apply(ListRequest list, IQueryable<User> rows)
    {
        foreach (var value in list.Values(Name))
        {
            // The operator has two or three letters; a time alone has its first colon later.
            var colon = value.IndexOf(':', StringComparison.Ordinal);
            var (word, text) = colon is 2 or 3 ? (value[..colon], value[(colon + 1)..]) : ("eq", value);
            var time = Time(text);
            rows = word switch
            {
                "lt" => rows.Where(u => u.PasswordExpiresAt < time),
                "lte" => rows.Where(u => u.PasswordExpiresAt <= time),
                "gt" => rows.Where(u => u.PasswordExpiresAt > time),
                "gte" => rows.Where(u => u.PasswordExpiresAt >= time),
                "eq" => rows.Where(u => u.PasswordExpiresAt == time),
                "neq" => rows.Where(u => u.PasswordExpiresAt != null && u.PasswordExpiresAt != time),
                _ => throw Errors.Invalid($"The given operator {word} is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'."),
            };
        }

        return rows;
    }

    private static DateTime Time(string text) =>
        IsoTime.TryParse(text, out var time)
            ? time.UtcDateTime
            : throw Errors.Invalid(
                "Timestamp not in expected format. The server could not comply with the request since it is either malformed or otherwise incorrect. "
                + "The client is assumed to be in error.");
}
