// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Projects;
using Meridian.Identity.Users;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary>A kind of scope: what <c>auth.scope</c> names. A further one is a class like this and a line in the composition root.</summary>
internal interface IAuthScope
{
    /// <summary>The member of <c>auth.scope</c>: project, domain …</summary>
    string Name { get; }

    /// <exception cref="Platform.Http.ApiException">400: the body has not the form of such a scope.</exception>
    ScopeCheck Read(JsonElement part);
}

/// <summary>Finds the scope for a user who has proved who he is. Whether he has a role there is asked when the token is made.</summary>
/// <exception cref="Platform.Http.ApiException">401: there is none such.</exception>
internal delegate Task<TokenScope> ScopeCheck(User user, CancellationToken cancellationToken);

/// <summary>The scope that a request asks for.</summary>
/// <param name="Kind">The <see cref="IAuthScope.Name"/>.</param>
internal sealed record ScopeRequest(string Kind, ScopeCheck ResolveAsync);

/// <summary>A scope that exists, and what it adds to the token.</summary>
internal sealed record TokenScope(TokenKind Kind)
{
    public static readonly TokenScope Unscoped = new(TokenKind.Unscoped);

    public Project? Project { get; init; }

    public string? DomainId { get; init; }

    public string? TrustId { get; init; }

    public string? ApplicationCredentialId { get; init; }

    /// <summary>Runs when the token is made, before it is handed out: a use that is counted is taken here, and may be refused here.</summary>
    public Func<CancellationToken, Task>? IssuedAsync { get; init; }
}
