// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Meridian.Identity.Discovery;

/// <summary>The JSON Home document: which resource is found where. Relations are those of the identity v3 API.</summary>
internal static partial class JsonHomeDocument
{
    private const string Base = "https://docs.openstack.org/api/openstack-identity/3/";

    private static readonly (string Name, string Path)[] Resources =
    [
        ("auth_tokens", "/auth/tokens"),
        ("auth_catalog", "/auth/catalog"),
        ("auth_projects", "/auth/projects"),
        ("auth_domains", "/auth/domains"),
        ("auth_system", "/auth/system"),
        ("users", "/users"),
        ("user", "/users/{user_id}"),
        ("user_change_password", "/users/{user_id}/password"),
        ("user_groups", "/users/{user_id}/groups"),
        ("user_projects", "/users/{user_id}/projects"),
        ("groups", "/groups"),
        ("group", "/groups/{group_id}"),
        ("group_users", "/groups/{group_id}/users"),
        ("group_user", "/groups/{group_id}/users/{user_id}"),
        ("projects", "/projects"),
        ("project", "/projects/{project_id}"),
        ("project_tags", "/projects/{project_id}/tags"),
        ("project_tag", "/projects/{project_id}/tags/{value}"),
        ("project_user_roles", "/projects/{project_id}/users/{user_id}/roles"),
        ("project_user_role", "/projects/{project_id}/users/{user_id}/roles/{role_id}"),
        ("project_group_roles", "/projects/{project_id}/groups/{group_id}/roles"),
        ("project_group_role", "/projects/{project_id}/groups/{group_id}/roles/{role_id}"),
        ("domains", "/domains"),
        ("domain", "/domains/{domain_id}"),
        ("domain_user_roles", "/domains/{domain_id}/users/{user_id}/roles"),
        ("domain_user_role", "/domains/{domain_id}/users/{user_id}/roles/{role_id}"),
        ("domain_group_roles", "/domains/{domain_id}/groups/{group_id}/roles"),
        ("domain_group_role", "/domains/{domain_id}/groups/{group_id}/roles/{role_id}"),
        ("system_user_roles", "/system/users/{user_id}/roles"),
        ("system_user_role", "/system/users/{user_id}/roles/{role_id}"),
        ("system_group_roles", "/system/groups/{group_id}/roles"),
        ("system_group_role", "/system/groups/{group_id}/roles/{role_id}"),
        ("roles", "/roles"),
        ("role", "/roles/{role_id}"),
        ("implied_roles", "/roles/{prior_role_id}/implies"),
        ("implied_role", "/roles/{prior_role_id}/implies/{implied_role_id}"),
        ("role_inferences", "/role_inferences"),
        ("role_assignments", "/role_assignments"),
        ("regions", "/regions"),
        ("region", "/regions/{region_id}"),
        ("services", "/services"),
        ("service", "/services/{service_id}"),
        ("endpoints", "/endpoints"),
        ("endpoint", "/endpoints/{endpoint_id}"),
        ("domain_user_roles_inherited_to_projects", "/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/inherited_to_projects"),
        ("domain_user_role_inherited_to_projects", "/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects"),
        ("domain_group_roles_inherited_to_projects", "/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects"),
        ("domain_group_role_inherited_to_projects", "/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"),
        ("project_user_role_inherited_to_projects", "/OS-INHERIT/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects"),
        ("project_group_role_inherited_to_projects", "/OS-INHERIT/projects/{project_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"),
    ];

    public static string Render(string prefix)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("resources");
            foreach (var (name, path) in Resources)
            {
                WriteResource(writer, Base + (path.StartsWith("/OS-INHERIT", StringComparison.Ordinal) ? "ext/OS-INHERIT/1.0/rel/" : "rel/") + name, prefix + path);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteResource(Utf8JsonWriter writer, string relation, string path)
    {
        writer.WriteStartObject(relation);
        var variables = Variables().Matches(path);
        writer.WriteString(variables.Count == 0 ? "href" : "href-template", path);
        if (variables.Count > 0)
        {
            writer.WriteStartObject("href-vars");
            foreach (var name in variables.Select(v => v.Groups[1].Value))
            {
                writer.WriteString(name, $"{Base}param/{(name is "prior_role_id" or "implied_role_id" ? "role_id" : name == "value" ? "tag_value" : name)}");
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Variables();
}
