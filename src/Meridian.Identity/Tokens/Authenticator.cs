// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Projects;
using Meridian.Identity.Tokens.Methods;
using Meridian.Identity.Tokens.Receipts;
using Meridian.Identity.Tokens.Scopes;
using Meridian.Identity.Users;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens;

/// <summary>POST /v3/auth/tokens: who is it, for what scope. Every way to fail is the same 401, after the same work (OSSA-2021-003).</summary>
internal sealed class Authenticator(Database database, Revisions revisions, TokenService tokens, DefaultScope defaultScope, ReceiptService receipts, MultiFactorRules rules)
{
    public async Task<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        var asOf = revisions.IdentityRevision;
        var proofs = new List<AuthProof>();
        foreach (var method in request.Methods)
        {
            proofs.Add(await method.VerifyAsync(request, cancellationToken));
        }

        var user = proofs[0].User;
        if (proofs.Any(p => p.User.Id != user.Id))
        {
            throw Errors.Unauthorized();
        }

        var scope = proofs.Select(p => p.Scope).FirstOrDefault(s => s is not null)
            ?? (request.Scope is { } asked ? await asked.ResolveAsync(user, cancellationToken) : await defaultScope.OfAsync(user, cancellationToken));
        var passed = Passed(request, proofs, user);
        if (!rules.AreMet(user, passed))
        {
            return await IncompleteAsync(user, passed, cancellationToken);
        }

        var (token, state) = await tokens.IssueAsync(Payload(passed, proofs, scope), user.DomainId, scope.Project?.DomainId, asOf, cancellationToken);
        if (scope.IssuedAsync is { } issuedAsync)
        {
            await issuedAsync(cancellationToken);
        }

        return new Issued(token, state);
    }

    /// <summary>The methods of this request, those of the token that it presents, and those of its receipt.</summary>
    private List<string> Passed(AuthRequest request, List<AuthProof> proofs, User user) =>
    [
        .. request.Methods.Select(m => m.Name)
            .Concat(proofs.SelectMany(p => p.EarlierMethods))
            .Concat(request.Receipt is { } receipt ? receipts.Get(receipt, user.Id).Methods : [])
            .Distinct(StringComparer.Ordinal),
    ];

    private async Task<Incomplete> IncompleteAsync(User user, List<string> passed, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var domain = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == user.DomainId, cancellationToken) ?? throw Errors.Unauthorized();
        var (text, receipt) = receipts.Issue(user.Id, passed);
        return new(text, receipt, user, domain, [.. rules.Required(user, passed)]);
    }

    private TokenPayload Payload(List<string> passed, List<AuthProof> proofs, TokenScope scope)
    {
        var chain = proofs.Select(p => p.AuditChainId).FirstOrDefault(c => c is not null);
        return new()
        {
            Kind = scope.Kind,
            UserId = proofs[0].User.Id,
            Methods = passed,

            // The earliest end wins: a token never lives longer than what it was bought with.
            ExpiresAt = proofs.Min(p => p.ExpiresAt) ?? tokens.NewExpiry(),
            AuditIds = chain is null ? [TokenPayload.NewAuditId()] : [TokenPayload.NewAuditId(), chain],
            ProjectId = scope.Project?.Id,
            DomainId = scope.DomainId,
            System = scope.Kind == TokenKind.System ? "all" : null,
            TrustId = scope.TrustId,
            ApplicationCredentialId = scope.ApplicationCredentialId,
        };
    }
}
