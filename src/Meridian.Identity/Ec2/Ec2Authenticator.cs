// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Credentials;
using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Identity.Trusts;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Ec2;

/// <summary>Turns a signed request into a token. Source: Keystone's EC2 and S3 token APIs, whose order of checks this keeps.</summary>
internal sealed class Ec2Authenticator(
    Database database, CredentialStore credentials, TrustStore trusts, TokenService tokens, AccountPolicy policy, ServiceConfig config, TimeProvider clock)
{
    private readonly TimeSpan lifetime = TimeSpan.FromMinutes(config.Get(CredentialOptions.AuthTtl));

    /// <param name="verify">Whether the signature is that of the secret.</param>
    /// <exception cref="ApiException">404 for an unknown access key, 401 for all else that is wrong.</exception>
    public async Task<(string Token, ValidatedToken State)> AuthenticateAsync(
        SignedRequest request, Func<SignedRequest, string, bool> verify, CancellationToken cancellationToken)
    {
        var credential = await credentials.FindAsync(Ec2Blob.IdOf(request.Access), cancellationToken);
        if (credential?.Row.Type != CredentialTypes.Ec2 || Ec2Blob.TryParse(credential.Blob) is not { } blob)
        {
            throw new ApiException(404, "EC2 access key not found.");
        }

        if (string.IsNullOrEmpty(blob.Secret) || !verify(request, blob.Secret))
        {
            throw Errors.Unauthorized();
        }

        var (user, project) = await PartiesAsync(credential.Row, cancellationToken);
        CheckTimes(request);
        var (kind, holder) = await HolderAsync(blob, user, cancellationToken);
        var payload = new TokenPayload
        {
            Kind = kind,
            UserId = holder.Id,
            Methods = [],
            ExpiresAt = tokens.NewExpiry(),
            AuditIds = [TokenPayload.NewAuditId()],
            ProjectId = project.Id,
            TrustId = kind == TokenKind.Trust ? blob.TrustId : null,
            ApplicationCredentialId = kind == TokenKind.ApplicationCredential ? blob.ApplicationCredentialId : null,
        };
        return await tokens.IssueAsync(payload, holder.DomainId, project.DomainId, asOf: null, cancellationToken);
    }

    /// <summary>The user and the project, both enabled and of enabled domains (OSSA-2012-018, OSSA-2013-005).</summary>
    private async Task<(User User, Project Project)> PartiesAsync(Credential credential, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var (userId, projectId) = (credential.UserId, credential.ProjectId);
        var project = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) ?? throw Errors.NotFound("project", projectId ?? "None");
        var user = await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == userId, cancellationToken) ?? throw Errors.NotFound("user", userId);
        return policy.IsEnabled(user) && project.Enabled && await IsEnabledAsync(db, user.DomainId, cancellationToken) && await IsEnabledAsync(db, project.DomainId, cancellationToken)
            ? (user, project)
            : throw Errors.Unauthorized();
    }

    /// <summary>What the credential buys, and whose it is: the user's own token, or one of the delegation that made the credential while that lasts.</summary>
    private async Task<(TokenKind Kind, User Holder)> HolderAsync(Ec2Blob blob, User user, CancellationToken cancellationToken)
    {
        if (blob.TrustId is { } trustId)
        {
            return (TokenKind.Trust, await TrusteeAsync(trustId, user, cancellationToken));
        }

        return blob.ApplicationCredentialId is not null ? (TokenKind.ApplicationCredential, user)
            : blob.AccessTokenId is null ? (TokenKind.Project, user)
            : throw Errors.Unauthorized(); // There is no OAuth1 here, so no consent stands behind it.
    }

    /// <summary>
    /// A trust's tokens are the trustee's, and its credentials too unless it impersonates. Keystone does not ask whose the credential is: whoever knew the id of
    /// a trust took it up by writing that into a blob.
    /// </summary>
    private async Task<User> TrusteeAsync(string trustId, User user, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var trust = (await trusts.FindAsync(db, trustId, cancellationToken))?.Trust;
        if (trust is null || user.Id != (trust.Impersonation ? trust.TrustorUserId : trust.TrusteeUserId))
        {
            throw Errors.Unauthorized();
        }

        var trusteeId = trust.TrusteeUserId;
        return await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == trusteeId, cancellationToken) ?? throw Errors.Unauthorized();
    }

    /// <param name="domainId">Empty for a domain's own.</param>
    private static async Task<bool> IsEnabledAsync(DataConnection db, string domainId, CancellationToken cancellationToken) =>
        domainId.Length == 0 || await db.GetTable<Project>().AnyAsync(p => p.Id == domainId && p.IsDomain && p.Enabled, cancellationToken);

    /// <summary>An old signature is no proof (OSSA-2020-003); one that names no time was meant so by its signer, as in Keystone.</summary>
    private void CheckTimes(SignedRequest request)
    {
        foreach (var text in request.Times)
        {
            if (!IsoTime.TryParse(text, out var time) || clock.GetUtcNow() - time > lifetime)
            {
                throw Errors.Unauthorized();
            }
        }
    }
}
