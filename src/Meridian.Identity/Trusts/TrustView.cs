// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;

namespace Meridian.Identity.Trusts;

/// <summary>A trust as the API shows it.</summary>
internal static class TrustView
{
    /// <param name="roles">Null in lists, which do not show them.</param>
    public static void Write(Utf8JsonWriter writer, Trust trust, IReadOnlyList<Role>? roles, IdentityRequest request)
    {
        writer.WriteStartObject();
        writer.WriteString("id", trust.Id);
        writer.WriteString("trustor_user_id", trust.TrustorUserId);
        writer.WriteString("trustee_user_id", trust.TrusteeUserId);
        writer.WriteString("project_id", trust.ProjectId);
        writer.WriteBoolean("impersonation", trust.Impersonation);
        writer.WriteString("expires_at", trust.ExpiresAt is { } end ? TokenRenderer.Time(new(end, TimeSpan.Zero)) : null);
        WriteNumber(writer, "remaining_uses", trust.RemainingUses);
        writer.WriteString("redelegated_trust_id", trust.RedelegatedTrustId);
        writer.WriteNumber("redelegation_count", trust.RedelegationCount);
        writer.WriteNull("deleted_at");
        writer.WriteExtra(trust.Extra);
        if (roles is not null)
        {
            WriteRoles(writer, trust.Id, roles, "roles_links", request);
        }

        writer.WriteSelfLink(request.Url("OS-TRUST/trusts/" + trust.Id));
        writer.WriteEndObject();
    }

    /// <param name="links">How the roles' links are called: <c>links</c> where nothing stands beside them.</param>
    public static void WriteRoles(Utf8JsonWriter writer, string trustId, IReadOnlyList<Role> roles, string links, IdentityRequest request)
    {
        writer.WriteStartArray("roles");
        foreach (var role in roles)
        {
            RoleView.Write(writer, role, request);
        }

        writer.WriteEndArray();
        writer.WriteStartObject(links);
        writer.WriteNull("next");
        writer.WriteNull("previous");
        writer.WriteString("self", request.Url($"OS-TRUST/trusts/{trustId}/roles"));
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, int? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
