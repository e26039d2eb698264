// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.Tokens;

/// <summary>A domain, project or user as a request names it: by id, or by name (and domain).</summary>
internal sealed record Reference(string? Id, string? Name, Reference? Domain);

/// <summary>The scope that a request asks for; at most one of them is set.</summary>
internal sealed record ScopeRequest(Reference? Project, Reference? Domain, bool System, bool Unscoped);

/// <summary>The body of POST /v3/auth/tokens.</summary>
internal sealed record AuthRequest(IReadOnlyList<string> Methods, Reference? User, string? Password, string? TokenId, ScopeRequest? Scope)
{
    private static readonly string[] Scopes = ["system", "project", "domain", "OS-TRUST:trust", "unscoped"];

    /// <param name="request">Its body is read.</param>
    /// <param name="configured">[auth] methods.</param>
    public static async Task<AuthRequest> ReadAsync(HttpRequest request, IReadOnlyList<string> configured, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var auth = Member(document.RootElement, "auth", "request body");
        var identity = Member(auth, "identity", "auth");
        if (!identity.TryGetProperty("methods", out var list) || list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(m => m.ValueKind != JsonValueKind.String))
        {
            throw identity.TryGetProperty("methods", out _)
                ? Errors.InvalidField("identity/methods", $"{ResourceBody.Show(list)} is not of type 'array' of strings")
                : Errors.Expecting("methods", "identity");
        }

        // A method that is named a hundred times is tried once (OSSA-2014-013).
        var methods = list.EnumerateArray().Select(m => m.GetString()!).Distinct(StringComparer.Ordinal).ToList();
        if (methods.Count == 0)
        {
            throw Errors.Unauthorized();
        }

        foreach (var method in methods)
        {
            if (!configured.Contains(method) || method is not ("password" or "token"))
            {
                throw Errors.Unauthorized();
            }

            Member(identity, method, "identity");
        }

        Reference? user = null;
        string? password = null;
        string? tokenId = null;
        if (methods.Contains("password"))
        {
            var name = Member(Member(identity, "password", "identity"), "user", "password");
            user = ReadReference(name, "user", needDomain: true);
            password = Text(name, "password") ?? throw (name.TryGetProperty("password", out _) ? Errors.Unauthorized() : Errors.Expecting("password", "user"));
        }

        if (methods.Contains("token"))
        {
            tokenId = Text(Member(identity, "token", "identity"), "id") ?? throw Errors.Expecting("id", "token");
        }

        return new(methods, user, password, tokenId, ReadScope(auth));
    }

    private static ScopeRequest? ReadScope(JsonElement auth)
    {
        if (!auth.TryGetProperty("scope", out var scope))
        {
            return null;
        }

        // "scope": "unscoped" is how early clients wrote it.
        if (scope.ValueKind == JsonValueKind.String && scope.GetString() == "unscoped")
        {
            return new(null, null, false, true);
        }

        if (scope.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("scope", $"{ResourceBody.Show(scope)} is not of type 'object'");
        }

        if (Scopes.Count(s => scope.TryGetProperty(s, out _)) != 1)
        {
            throw Errors.Expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope");
        }

        if (scope.TryGetProperty("OS-TRUST:trust", out _))
        {
            throw Errors.Unauthorized(); // There are no trusts, so this one is unknown.
        }

        if (scope.TryGetProperty("system", out var system))
        {
            return system.ValueKind == JsonValueKind.Object && system.TryGetProperty("all", out var all) && all.ValueKind == JsonValueKind.True
                ? new(null, null, true, false)
                : throw Errors.InvalidField("scope/system", $"{ResourceBody.Show(system)} is not valid: only all is a scope of the system");
        }

        return scope.TryGetProperty("project", out var project) ? new(ReadReference(project, "project", needDomain: true), null, false, false)
            : scope.TryGetProperty("domain", out var domain) ? new(null, ReadReference(domain, "domain", needDomain: false), false, false)
            : new(null, null, false, true);
    }

    private static Reference ReadReference(JsonElement element, string what, bool needDomain)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField(what, $"{ResourceBody.Show(element)} is not of type 'object'");
        }

        var id = Text(element, "id");
        if (id is not null)
        {
            return new(id, null, null);
        }

        var name = Text(element, "name") ?? throw Errors.Expecting("id or name", what);
        return !needDomain
            ? new(null, name, null)
            : element.TryGetProperty("domain", out var domain) ? new(null, name, ReadReference(domain, "domain", needDomain: false)) : throw Errors.Expecting("domain", what);
    }

    private static JsonElement Member(JsonElement element, string name, string target)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var member))
        {
            throw Errors.Expecting(name, target);
        }

        return member.ValueKind == JsonValueKind.Object ? member : throw Errors.InvalidField(name, $"{ResourceBody.Show(member)} is not of type 'object'");
    }

    private static string? Text(JsonElement element, string name) => !element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Errors.InvalidField(name, $"{ResourceBody.Show(value)} is not of type 'string'");
}
