// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Credentials;

/// <summary>A credential as the API shows it.</summary>
internal static class CredentialView
{
    public static void Write(Utf8JsonWriter writer, OpenCredential credential, IdentityRequest request)
    {
        var row = credential.Row;
        writer.WriteStartObject();
        writer.WriteString("id", row.Id);
        writer.WriteString("type", row.Type);
        writer.WriteString("user_id", row.UserId);
        writer.WriteString("project_id", row.ProjectId);
        writer.WriteString("blob", credential.Blob);
        writer.WriteExtra(row.Extra);
        writer.WriteSelfLink(request.Url("credentials/" + row.Id));
        writer.WriteEndObject();
    }
}
