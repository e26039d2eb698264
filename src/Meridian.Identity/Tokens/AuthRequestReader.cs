// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Tokens.Methods;
using Meridian.Identity.Tokens.Receipts;
using Meridian.Identity.Tokens.Scopes;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.Tokens;

/// <summary>Reads log-ins with the methods and scopes that there are. Source: identity v3 API, "Authentication and token management".</summary>
internal sealed class AuthRequestReader(IEnumerable<IAuthMethod> methods, IEnumerable<IAuthScope> scopes, ServiceConfig config)
{
    private static readonly string[] ScopeNames = ["system", "project", "domain", "OS-TRUST:trust", "unscoped"];

    private readonly Dictionary<string, IAuthMethod> methods =
        methods.Where(m => config.Get(IdentityOptions.AuthMethods).Contains(m.Name)).ToDictionary(m => m.Name, StringComparer.Ordinal);

    private readonly Dictionary<string, IAuthScope> scopes = scopes.ToDictionary(s => s.Name, StringComparer.Ordinal);

    /// <exception cref="ApiException">400 for a body of another form, 401 for a method that is not served.</exception>
    public async Task<AuthRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        var auth = AuthBody.Member(document.RootElement, "auth", "request body");
        var identity = AuthBody.Member(auth, "identity", "auth");
        var names = Names(identity);
        var parts = names.ConvertAll(name => AuthBody.Member(identity, name, "identity"));
        if (names.Count == 0)
        {
            throw Errors.Unauthorized();
        }

        if (!names.TrueForAll(methods.ContainsKey))
        {
            throw new UnsupportedMethodException(config.Get(IdentityOptions.AuthMethods));
        }

        var receipt = request.Headers[ReceiptAnswer.Header] is [{ Length: > 0 } text] ? text : null;
        return new([.. names.Zip(parts, (name, part) => new NamedCheck(name, methods[name].Read(part)))], ReadScope(auth), receipt);
    }

    /// <summary>A method that is named a hundred times is tried once (OSSA-2014-013).</summary>
    private static List<string> Names(JsonElement identity)
    {
        if (!identity.TryGetProperty("methods", out var list))
        {
            throw Errors.Expecting("methods", "identity");
        }

        return list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(m => m.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(m => m.GetString()!).Distinct(StringComparer.Ordinal)]
            : throw Errors.InvalidField("identity/methods", $"{ResourceBody.Show(list)} is not of type 'array' of strings");
    }

    private ScopeRequest? ReadScope(JsonElement auth)
    {
        if (!auth.TryGetProperty("scope", out var scope))
        {
            return null;
        }

        if (scope.ValueKind == JsonValueKind.String && scope.GetString() == NoScope.Kind)
        {
            return new(NoScope.Kind, scopes[NoScope.Kind].Read(scope));
        }

        if (scope.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("scope", $"{ResourceBody.Show(scope)} is not of type 'object'");
        }

        var asked = ScopeNames.Where(s => scope.TryGetProperty(s, out _)).ToList();
        if (asked is not [var kind])
        {
            throw Errors.Expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope");
        }

        return scopes.TryGetValue(kind, out var reader) ? new(kind, reader.Read(scope.GetProperty(kind))) : throw Errors.Unauthorized();
    }
}
