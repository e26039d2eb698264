// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens.Methods;
using Meridian.Identity.Tokens.Scopes;

namespace Meridian.Identity.Tokens;

/// <summary>The body of POST /v3/auth/tokens, read and well-formed.</summary>
/// <param name="Methods">Each one once, in the order in which they were named.</param>
/// <param name="Scope">Null when none is asked for, which is not the same as <c>unscoped</c>.</param>
/// <param name="Receipt">What an earlier log-in gave that lacked methods.</param>
internal sealed record AuthRequest(IReadOnlyList<NamedCheck> Methods, ScopeRequest? Scope, string? Receipt);

/// <summary>A method by name, and what it read.</summary>
internal sealed record NamedCheck(string Name, AuthCheck VerifyAsync);
