// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Tokens.Scopes;
using Meridian.Identity.Users;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>A way to prove who one is: what <c>auth.identity.methods</c> names. A further one is a class like this and a line in the composition root.</summary>
internal interface IAuthMethod
{
    /// <summary>As in [auth] methods and in the body.</summary>
    string Name { get; }

    /// <summary>Reads what the body has under <see cref="Name"/>. Called once a request however often the method is named (OSSA-2014-013).</summary>
    /// <exception cref="Platform.Http.ApiException">400: the body has not the method's form.</exception>
    AuthCheck Read(JsonElement part);
}

/// <summary>Checks what a method read. Whoever fails, for whatever reason, gets <see cref="Errors.Unauthorized"/> after the same work (OSSA-2021-003).</summary>
/// <param name="request">All that was asked for, the scope too.</param>
internal delegate Task<AuthProof> AuthCheck(AuthRequest request, CancellationToken cancellationToken);

/// <summary>What a method proved, and what it lays down for the token.</summary>
/// <param name="User">Enabled, in an enabled domain. All methods of a request must prove the same one.</param>
internal sealed record AuthProof(User User)
{
    /// <summary>Methods that the proof itself came from: those of the token that was presented.</summary>
    public IReadOnlyList<string> EarlierMethods { get; init; } = [];

    /// <summary>The new token ends then at the latest.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The new token belongs to this chain.</summary>
    public string? AuditChainId { get; init; }

    /// <summary>The only scope that this proof is good for; whether another may be asked for is the method's to judge.</summary>
    public TokenScope? Scope { get; init; }
}
