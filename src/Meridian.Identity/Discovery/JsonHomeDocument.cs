// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

using Meridian.Platform.Http;

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
        ("revocations", "/auth/tokens/OS-PKI/revoked"),
        ("events", "/OS-REVOKE/events"),
        ("ca_certificate", "/OS-SIMPLE-CERT/ca"),
        ("certificates", "/OS-SIMPLE-CERT/certificates"),
        ("users", "/users"),
        ("user", "/users/{user_id}"),
        ("user_change_password", "/users/{user_id}/password"),
        ("user_groups", "/users/{user_id}/groups"),
        ("user_projects", "/users/{user_id}/projects"),
        ("credentials", "/credentials"),
        ("credential", "/credentials/{credential_id}"),
        ("user_credentials", "/users/{user_id}/credentials/OS-EC2"),
        ("user_credential", "/users/{user_id}/credentials/OS-EC2/{credential_id}"),
        ("ec2tokens", "/ec2tokens"),
        ("s3tokens", "/s3tokens"),
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
        ("endpoint_groups", "/OS-EP-FILTER/endpoint_groups"),
        ("endpoint_group", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}"),
        ("endpoint_group_to_project_association", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}"),
        ("endpoint_projects", "/OS-EP-FILTER/endpoints/{endpoint_id}/projects"),
        ("endpoints_in_endpoint_group", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints"),
        ("project_endpoint", "/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}"),
        ("project_endpoints", "/OS-EP-FILTER/projects/{project_id}/endpoints"),
        ("project_endpoint_groups", "/OS-EP-FILTER/projects/{project_id}/endpoint_groups"),
        ("projects_associated_with_endpoint_group", "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects"),
        ("domain_config", "/domains/{domain_id}/config"),
        ("domain_config_group", "/domains/{domain_id}/config/{group}"),
        ("domain_config_option", "/domains/{domain_id}/config/{group}/{option}"),
        ("domain_config_default", "/domains/config/default"),
        ("domain_config_default_group", "/domains/config/{group}/default"),
        ("domain_config_default_option", "/domains/config/{group}/{option}/default"),
        ("policies", "/policies"),
        ("policy", "/policies/{policy_id}"),
        ("endpoint_policy", "/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy"),
        ("policy_endpoints", "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints"),
        ("endpoint_policy_association", "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}"),
        ("service_policy_association", "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}"),
        ("region_and_service_policy_association", "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}"),
        ("registered_limits", "/registered_limits"),
        ("registered_limit", "/registered_limits/{registered_limit_id}"),
        ("limits", "/limits"),
        ("limit", "/limits/{limit_id}"),
        ("limit_model", "/limits/model"),
        ("application_credentials", "/users/{user_id}/application_credentials"),
        ("application_credential", "/users/{user_id}/application_credentials/{application_credential_id}"),
        ("access_rules", "/users/{user_id}/access_rules"),
        ("access_rule", "/users/{user_id}/access_rules/{access_rule_id}"),
        ("trusts", "/OS-TRUST/trusts"),
        ("trust", "/OS-TRUST/trusts/{trust_id}"),
        ("trust_roles", "/OS-TRUST/trusts/{trust_id}/roles"),
        ("trust_role", "/OS-TRUST/trusts/{trust_id}/roles/{role_id}"),
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
        using (var writer = new Utf8JsonWriter(buffer, JsonResponse.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("resources");
            foreach (var (name, path) in Resources)
            {
                WriteResource(writer, $"{Base}{ExtensionOf(path)}rel/{name}", prefix + path, IsExperimental(name));
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>An extension's relations stand under its own name.</summary>
    private static string ExtensionOf(string path) => path switch
    {
        "/ec2tokens" => "ext/OS-EC2/1.0/",
        "/s3tokens" => "ext/s3tokens/1.0/",
        _ => Extension().Match(path) is { Success: true } extension ? $"ext/{extension.Value}/1.0/" : "",
    };

    /// <summary>Keystone still calls these so.</summary>
    private static bool IsExperimental(string name) => name is "registered_limits" or "registered_limit" or "limits" or "limit" or "limit_model";

    private static string ParameterOf(string name) => name switch
    {
        "prior_role_id" or "implied_role_id" => "param/role_id",
        "value" => "param/tag_value",
        "group" or "option" => "param/config_" + name,
        "endpoint_group_id" => "ext/OS-EP-FILTER/1.0/param/endpoint_group_id",
        "trust_id" => "ext/OS-TRUST/1.0/param/trust_id",
        _ => "param/" + name,
    };

    private static void WriteResource(Utf8JsonWriter writer, string relation, string path, bool isExperimental)
    {
        writer.WriteStartObject(relation);
        var variables = Variables().Matches(path);
        writer.WriteString(variables.Count == 0 ? "href" : "href-template", path);
        if (variables.Count > 0)
        {
            writer.WriteStartObject("href-vars");
            foreach (var name in variables.Select(v => v.Groups[1].Value))
            {
                writer.WriteString(name, Base + ParameterOf(name));
            }

            writer.WriteEndObject();
        }

        if (isExperimental)
        {
            writer.WriteStartObject("hints");
            writer.WriteString("status", "experimental");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }


    [GeneratedRegex("OS-[A-Z0-9-]+")]
    private static partial Regex Extension();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Variables();
}
