// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Users.Passwords;

/// <summary>One way to store passwords, recognised by the prefix of what it stores. Source: Keystone's password hashers.</summary>
internal interface IPasswordHash
{
    /// <summary>What new hashes begin with, and what it verifies.</summary>
    IReadOnlyList<string> Prefixes { get; }

    /// <summary>How many bytes of a password count.</summary>
    int MaxBytes { get; }

    /// <summary>A well-formed hash that no password has: comparing with it costs what comparing with a user's does.</summary>
    string Nobodys { get; }

    string Hash(string password);

    /// <returns>False also when the hash is malformed.</returns>
    bool Verify(string password, string hash);
}
