// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Credentials;
using Meridian.Identity.Projects;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>A passcode of any credential of type <c>totp</c> that the user has. Source: Keystone's administrator guide, "Time-based One-time Password".</summary>
internal sealed class TotpMethod(Database database, IdentityCache identities, CredentialStore credentials, AccountPolicy policy, ServiceConfig config, TimeProvider clock) : IAuthMethod
{
    /// <summary>Whom nobody is.</summary>
    private static readonly string Nobody = new('0', 32);

    public string Name => "totp";

    public AuthCheck Read(JsonElement part)
    {
        var user = AuthBody.Member(part, "user", Name);
        var reference = Reference.Read(user, "user", needDomain: true);
        var passcode = AuthBody.Text(user, "passcode") ?? "";
        return (_, cancellationToken) => VerifyAsync(reference, passcode, cancellationToken);
    }

    private async Task<AuthProof> VerifyAsync(Reference reference, string passcode, CancellationToken cancellationToken)
    {
        User? user;
        bool enabled;
        await using (var db = database.Open())
        {
            user = await reference.FindUserAsync(db, identities, cancellationToken);
            enabled = user is not null && policy.IsEnabled(user) && await db.GetTable<Project>().AnyAsync(p => p.Id == user.DomainId && p.Enabled, cancellationToken);
        }

        var now = clock.GetUtcNow();
        var windows = config.Get(TotpOptions.IncludedPreviousWindows);
        var right = false;
        foreach (var credential in await credentials.ListOfUserAsync(user?.Id ?? Nobody, CredentialTypes.Totp, cancellationToken))
        {
            right |= Totp.Verify(credential.Blob, passcode, now, windows);
        }

        return right && enabled ? new(user!) : throw Errors.Unauthorized();
    }
}
