// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Projects;
using Meridian.Identity.Tokens.Receipts;
using Meridian.Identity.Users;

namespace Meridian.Identity.Tokens;

/// <summary>What came of a log-in whose methods were all passed.</summary>
internal abstract record AuthResult;

/// <summary>A token.</summary>
internal sealed record Issued(string Token, ValidatedToken State) : AuthResult;

/// <summary>The user must pass further methods.</summary>
/// <param name="Text">The receipt to come back with.</param>
/// <param name="RequiredMethods">Each a set of methods that would do.</param>
internal sealed record Incomplete(string Text, Receipt Receipt, User User, Project Domain, IReadOnlyList<IReadOnlyList<string>> RequiredMethods) : AuthResult;
