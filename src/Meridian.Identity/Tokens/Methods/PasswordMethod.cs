// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Projects;
using Meridian.Identity.Users;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>Source: identity v3 API, "Password authentication".</summary>
internal sealed class PasswordMethod(Database database, IdentityCache identities, PasswordCheck check, AccountPolicy policy) : IAuthMethod
{
    public string Name => "password";

    public AuthCheck Read(JsonElement part)
    {
        var user = AuthBody.Member(part, "user", "password");
        var reference = Reference.Read(user, "user", needDomain: true);
        var password = AuthBody.Text(user, "password")
            ?? throw (user.TryGetProperty("password", out _) ? Errors.Unauthorized() : Errors.Expecting("password", "user"));
        return (_, cancellationToken) => VerifyAsync(reference, password, cancellationToken);
    }

    private async Task<AuthProof> VerifyAsync(Reference reference, string password, CancellationToken cancellationToken)
    {
        User? user;
        bool enabled;
        await using (var db = database.Open())
        {
            user = await reference.FindUserAsync(db, identities, cancellationToken);
            enabled = user is not null && policy.IsEnabled(user) && await db.GetTable<Project>().AnyAsync(p => p.Id == user.DomainId && p.Enabled, cancellationToken);
        }

        return await check.TryAsync(user, enabled, password, cancellationToken) switch
        {
            PasswordOutcome.Right => new(user!),

            // Whoever reads this knew the password.
            PasswordOutcome.Expired => throw new ApiException(401, $"The password is expired and needs to be changed for user: {user!.Id}."),
            _ => throw Errors.Unauthorized(),
        };
    }
}
