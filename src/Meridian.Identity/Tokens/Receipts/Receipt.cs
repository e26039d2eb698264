// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tokens.Receipts;

/// <summary>Says which methods a user has passed who must pass further ones. Nowhere stored: it is what it says. Source: Keystone's receipts.</summary>
internal sealed record Receipt(string UserId, IReadOnlyList<string> Methods, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);
