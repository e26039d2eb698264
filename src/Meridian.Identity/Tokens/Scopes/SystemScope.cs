// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary><c>{"system": {"all": true}}</c>.</summary>
internal sealed class SystemScope : IAuthScope
{
    private static readonly TokenScope All = new(TokenKind.System);

    public string Name => "system";

    public ScopeCheck Read(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("all", out var all) && all.ValueKind == JsonValueKind.True
            ? (_, _) => Task.FromResult(All)
            : throw Errors.InvalidField("scope/system", $"{ResourceBody.Show(part)} is not valid: only all is a scope of the system");
}
