// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

namespace Meridian.Identity.Users;

/// <summary>A user as the API shows it.</summary>
internal static class UserView
{
    public static void Write(Utf8JsonWriter writer, User user, IdentityRequest request)
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

        writer.WriteString("password_expires_at", user.PasswordExpiresAt?.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        writer.WriteOptions(user.Options);
        writer.WriteExtra(user.Extra);
        writer.WriteSelfLink(request.Url("users/" + user.Id));
        writer.WriteEndObject();
    }
}
