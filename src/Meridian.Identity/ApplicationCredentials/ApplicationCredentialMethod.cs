// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Identity.Tokens.Methods;
using Meridian.Identity.Tokens.Scopes;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>
/// Proves who one is by an application credential, named by its id, or by its name and its user. The credential is the scope as well: none may be asked for.
/// Source: identity v3 API, "Authenticating with an Application Credential".
/// </summary>
internal sealed class ApplicationCredentialMethod(
    Database database, IdentityCache identities, ApplicationCredentialStore credentials, PasswordHasher hasher, TokenService tokens, AccountPolicy policy, ServiceConfig config,
    TimeProvider clock) : IAuthMethod
{
    public const string MethodName = "application_credential";

    public string Name => MethodName;

    public AuthCheck Read(JsonElement part)
    {
        var secret = AuthBody.Text(part, "secret") ?? throw Errors.Unauthorized();
        if (AuthBody.Text(part, "id") is { Length: > 0 } id)
        {
            // A user told beside the id is not looked at: the credential says whose it is.
            return async (request, cancellationToken) => await VerifyAsync(
                await credentials.FindAsync(id, cancellationToken) ?? throw ApplicationCredentialStore.NotFound(id), secret, request, cancellationToken);
        }

        var name = AuthBody.Text(part, "name") is { Length: > 0 } told ? told : throw Errors.Expecting("name or ID", "application credential");
        var user = Reference.Read(part.TryGetProperty("user", out var whose) ? whose : throw Errors.Expecting("user", "application credential"), "user", needDomain: true);
        return async (request, cancellationToken) => await VerifyAsync(await FindAsync(user, name, cancellationToken), secret, request, cancellationToken);
    }

    private async Task<ApplicationCredential?> FindAsync(Reference reference, string name, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await reference.FindUserAsync(db, identities, cancellationToken) is { } user ? await credentials.FindByNameAsync(user.Id, name, cancellationToken) : null;
    }

    private async Task<AuthProof> VerifyAsync(ApplicationCredential? credential, string secret, AuthRequest request, CancellationToken cancellationToken)
    {
        if (request.Scope is not null)
        {
            throw new ApiException(401, "Error authenticating with application credential: Application credentials cannot request a scope.");
        }

        // Refused unread when it is longer than any secret may be (OSSA-2012-002); unknown ones cost what known ones do.
        var right = Encoding.UTF8.GetByteCount(secret) <= config.Get(IdentityOptions.MaxPasswordLength)
            && await hasher.VerifyAsync(secret, credential?.SecretHash, cancellationToken);
        if (!right || credential is null || credential.ExpiresAt <= clock.GetUtcNow().UtcDateTime)
        {
            throw Errors.Unauthorized();
        }

        await using var db = database.Open();
        var user = await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == credential.UserId, cancellationToken);
        return user is null || !policy.IsEnabled(user) ? throw Errors.Unauthorized() : new(user) { Scope = await ScopeAsync(db, credential, cancellationToken), ExpiresAt = EarlyEnd(credential) };
    }

    private static async Task<TokenScope> ScopeAsync(DataConnection db, ApplicationCredential credential, CancellationToken cancellationToken) => new(TokenKind.ApplicationCredential)
    {
        Project = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == credential.ProjectId, cancellationToken) ?? throw Errors.Unauthorized(),
        ApplicationCredentialId = credential.Id,
    };

    /// <summary>No token outlives the credential that it came from; null where it would end before anyway (CVE-2022-2447).</summary>
    private DateTimeOffset? EarlyEnd(ApplicationCredential credential) =>
        credential.ExpiresAt is { } end && new DateTimeOffset(end, TimeSpan.Zero) is var ends && ends < tokens.NewExpiry()
            ? DateTimeOffset.FromUnixTimeSeconds(ends.ToUnixTimeSeconds())
            : null;
}
