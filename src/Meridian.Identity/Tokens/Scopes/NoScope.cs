// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary><c>{"unscoped": {}}</c>, or <c>"unscoped"</c> as early clients wrote it: no scope, not even that of the default project.</summary>
internal sealed class NoScope : IAuthScope
{
    public const string Kind = "unscoped";

    public string Name => Kind;

    public ScopeCheck Read(JsonElement part) => (_, _) => Task.FromResult(TokenScope.Unscoped);
}
