// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Identity.Roles;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>An application credential with its roles and rules.</summary>
internal sealed record ApplicationCredentialDetail(ApplicationCredential Credential, IReadOnlyList<Role> Roles, IReadOnlyList<AccessRule> AccessRules)
{
    /// <param name="secret">Shown when it was just made, never again.</param>
    public void Write(Utf8JsonWriter writer, IdentityRequest request, string? secret = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Credential.Id);
        writer.WriteString("name", Credential.Name);
        writer.WriteString("description", Credential.Description);
        writer.WriteString("user_id", Credential.UserId);
        writer.WriteString("project_id", Credential.ProjectId);
        writer.WriteNull("system");
        writer.WriteString("expires_at", Credential.ExpiresAt?.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        writer.WriteBoolean("unrestricted", Credential.Unrestricted);
        WriteRoles(writer);
        if (AccessRules.Count > 0)
        {
            writer.WriteStartArray("access_rules");
            foreach (var rule in AccessRules)
            {
                AccessRuleView.Write(writer, rule, null);
            }

            writer.WriteEndArray();
        }

        if (secret is not null)
        {
            writer.WriteString("secret", secret);
        }

        writer.WriteSelfLink(request.Url($"users/{Credential.UserId}/application_credentials/{Credential.Id}"));
        writer.WriteEndObject();
    }

    private void WriteRoles(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("roles");
        foreach (var role in Roles)
        {
            writer.WriteStartObject();
            writer.WriteString("id", role.Id);
            writer.WriteString("name", role.Name);
            writer.WriteString("domain_id", role.DomainId.Length == 0 ? null : role.DomainId);
            writer.WriteString("description", role.Description);
            writer.WriteOptions(role.Options);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}

/// <summary>An access rule as the API shows it.</summary>
internal static class AccessRuleView
{
    /// <param name="request">Null inside an application credential, where it has no links.</param>
    public static void Write(Utf8JsonWriter writer, AccessRule rule, IdentityRequest? request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", rule.Id);
        writer.WriteString("service", rule.Service);
        writer.WriteString("path", rule.Path);
        writer.WriteString("method", rule.Method);
        if (request is not null)
        {
            writer.WriteSelfLink(request.Url($"users/{rule.UserId}/access_rules/{rule.Id}"));
        }

        writer.WriteEndObject();
    }
}
