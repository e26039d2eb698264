// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;

namespace Meridian.Compute.ServerGroups;

/// <summary>The body of POST /os-server-groups. Source: OpenStack Compute API reference, "Create Server Group".</summary>
internal sealed record CreateServerGroupRequest(string Name, string Policy, int? MaxServerPerHost)
{
    public static CreateServerGroupRequest Read(RequestObject body, Microversion version)
    {
        var name = body.Name("name", required: true)!;
        var (policy, most) = version >= new Microversion(2, 64) ? (ReadPolicy(body, body.Element("policy"), "policy", version), ReadRules(body)) : (ReadPolicies(body, version), null);
        body.Done();
        if (most is not null && policy != ServerGroup.AntiAffinity)
        {
            throw new ApiException(400, "Only anti-affinity policy supports rules.");
        }

        return new(name, policy, most);
    }

    // Before 2.64 a list of exactly one.
    private static string ReadPolicies(RequestObject body, Microversion version)
    {
        var policies = body.Array("policies", 1, 1) ?? throw body.Missing("policies");
        return ReadPolicy(body, policies[0], "policies", version);
    }

    private static string ReadPolicy(RequestObject body, JsonElement? element, string member, Microversion version)
    {
        string[] known = version >= new Microversion(2, 15)
            ? [ServerGroup.AntiAffinity, ServerGroup.Affinity, ServerGroup.SoftAntiAffinity, ServerGroup.SoftAffinity]
            : [ServerGroup.AntiAffinity, ServerGroup.Affinity];
        var value = element ?? throw body.Missing(member);
        return value.ValueKind == JsonValueKind.String && known.Contains(value.GetString(), StringComparer.Ordinal)
            ? value.GetString()!
            : throw RequestObject.Invalid(member, value, $"{RequestObject.Shown(value)} is not one of [{string.Join(", ", known.Select(k => $"'{k}'"))}]");
    }

    private static int? ReadRules(RequestObject body)
    {
        if (body.Object("rules") is not { } rules)
        {
            return null;
        }

        var most = rules.Integer("max_server_per_host", 1, int.MaxValue);
        rules.Done();
        return (int?)most;
    }
}

internal static class ServerGroupView
{
    public static void Write(Utf8JsonWriter json, ServerGroup group, IEnumerable<string> members, Microversion version)
    {
        json.WriteString("id", group.Id);
        json.WriteString("name", group.Name);
        if (version >= new Microversion(2, 64))
        {
            json.WriteString("policy", group.Policy);
            json.WriteStartObject("rules");
            if (group.MaxServerPerHost is { } most)
            {
                json.WriteNumber("max_server_per_host", most);
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteStrings("policies", [group.Policy]);
            json.WriteStartObject("metadata");
            json.WriteEndObject();
        }

        json.WriteStrings("members", [.. members]);
        if (version >= new Microversion(2, 13))
        {
            json.WriteString("project_id", group.ProjectId);
            json.WriteString("user_id", group.UserId);
        }
    }
}
