// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Policy;

namespace Meridian.Host.Verbs;

/// <summary>Reads <c>--as</c>: a role with its scope, a token as Keystone answers it, or the policy values of oslo.context.</summary>
internal static class PolicyCaller
{
    public const string Forms =
        "ROLE[,ROLE…][@project[=ID]|@domain[=ID]|@system], where admin, manager and member hold the roles below them too, of user \"caller\" in domain \"domain\" and by default on "
        + "project \"project\"; or JSON, or a file of it: a token as GET /v3/auth/tokens answers, or {\"user_id\": …, \"roles\": […], \"project_id\": …}";

    private static readonly string[] Ladder = ["admin", "manager", "member", "reader"];

    /// <param name="ofToken">What the service's rules see of a token.</param>
    /// <exception cref="ConfigException">It is none of the forms.</exception>
    public static PolicyCredentials Read(string who, Func<TokenInfo, PolicyCredentials> ofToken)
    {
        var json = who.AsSpan().TrimStart().StartsWith("{") ? who : File.Exists(who) ? File.ReadAllText(who) : null;
        if (json is null)
        {
            return ofToken(Token(who));
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind != JsonValueKind.Object ? throw new JsonException("it is not an object")
                : document.RootElement.TryGetProperty("token", out _) ? ofToken(TokenInfo.Parse(json))
                : Values(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new ConfigException($"--as: neither a token nor policy values: {exception.Message}");
        }
    }

    private static TokenInfo Token(string who)
    {
        var (roles, scope) = who.Split('@', 2) is [var left, var right] ? (left, right) : (who, "project");
        var (kind, id) = scope.Split('=', 2) is [var name, var value] ? (name, value) : (scope, scope);
        var held = roles.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(WithLower).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var domain = new TokenDomain("domain", "domain");
        return kind is "project" or "domain" or "system" && id.Length > 0 && held.Count > 0 && !(kind == "system" && id != "system")
            ? new TokenInfo
            {
                User = new("caller", "caller", domain),
                Project = kind == "project" ? new(id, id, domain) : null,
                Domain = kind == "domain" ? new(id, id) : null,
                System = kind == "system" ? new(true) : null,
                Roles = [.. held.Select(role => new TokenRole(role, role))],
                ExpiresAt = DateTimeOffset.MaxValue,
            }
            : throw new ConfigException($"--as {who}: expected {Forms}");
    }

    /// <summary>A role and those that it implies in a cloud as bootstrap makes it.</summary>
    private static IEnumerable<string> WithLower(string role) => Array.IndexOf(Ladder, role) is >= 0 and var at ? Ladder[at..] : [role];

    private static PolicyCredentials Values(JsonElement values)
    {
        var attributes = new Dictionary<string, object?>(StringComparer.Ordinal);
        Flatten(values, "", attributes);
        return new PolicyCredentials
        {
            UserId = Take("user_id"), UserDomainId = Take("user_domain_id"), ProjectId = Take("project_id"), ProjectDomainId = Take("project_domain_id"), DomainId = Take("domain_id"),
            SystemScope = Take("system_scope"), Roles = TakeList("roles"), ServiceRoles = TakeList("service_roles"), ServiceUserId = Take("service_user_id"),
            ServiceProjectId = Take("service_project_id"), IsAdmin = attributes.Remove("is_admin", out var admin) && admin is true,
            IsAdminProject = !attributes.Remove("is_admin_project", out var adminProject) || adminProject is not false, Attributes = attributes,
        };

        string? Take(string name) => attributes.Remove(name, out var value) && value is not null
            ? value as string ?? throw new JsonException($"{name} is not a text")
            : null;

        IReadOnlyList<string> TakeList(string name) => !attributes.Remove(name, out var value) || value is null ? []
            : value as IReadOnlyList<string> ?? throw new JsonException($"{name} is not a list of texts");
    }

    /// <summary>Objects in objects become dotted names.</summary>
    private static void Flatten(JsonElement value, string prefix, Dictionary<string, object?> attributes)
    {
        foreach (var property in value.EnumerateObject())
        {
            var name = prefix + property.Name;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object: Flatten(property.Value, name + ".", attributes); break;
                case JsonValueKind.Array: attributes[name] = property.Value.EnumerateArray().Select(item => item.ToString()).ToArray(); break;
                case JsonValueKind.Null: attributes[name] = null; break;
                case JsonValueKind.True or JsonValueKind.False: attributes[name] = property.Value.GetBoolean(); break;
                default: attributes[name] = property.Value.ToString(); break;
            }
        }
    }
}
