// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

namespace Meridian.Identity.Users;

/// <summary>A user as the API shows it.</summary>
internal static class UserView
{
    /// <summary>Of password_expires_at, here and in tokens: UTC, though it does not say so.</summary>
    public static string? Time(DateTime? time) => time?.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <param name="extraToo">Shows the unknown attributes once more under <c>extra</c>, as Keystone's answer to an update does.</param>
    public static void Write(Utf8JsonWriter writer, User user, IdentityRequest request, bool extraToo = false)
    {
        writer.WriteStartObject();
        writer.WriteString("id", user.Id);
        writer.WriteString("name", user.Name);
        writer.WriteString("domain_id", user.DomainId);
        writer.WriteBoolean("enabled", user.Enabled);
        if (user.DefaultProjectId is not null)
        {
            writer.WriteString("default_project_id", user.DefaultProjectId);
        }

        writer.WriteString("password_expires_at", Time(user.PasswordExpiresAt));
        writer.WriteOptions(user.Options);
        writer.WriteExtra(user.Extra, "extra");
        if (extraToo)
        {
            writer.WriteStartObject("extra");
            writer.WriteExtra(user.Extra);
            writer.WriteEndObject();
        }

        writer.WriteSelfLink(request.Url("users/" + user.Id));
        writer.WriteEndObject();
    }
}
