// SPDX-License-Identifier: Apache-2.0
using System.Text;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens;

/// <summary>POST /v3/auth/tokens: who is it, for what scope. Every way to fail is the same 401, after the same work (OSSA-2021-003).</summary>
internal sealed class Authenticator(Database database, TokenService tokens, PasswordHasher hasher, RoleResolver roles, ServiceConfig config)
{
    public async Task<(string Token, ValidatedToken State)> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        ValidatedToken? parent = null;
        if (request.TokenId is not null)
        {
            parent = await tokens.GetAsync(request.TokenId, cancellationToken);
            CheckRescope(parent, request.Scope);
        }

        User? user = null;
        if (request.User is not null)
        {
            user = await VerifyPasswordAsync(request.User, request.Password!, cancellationToken);
        }

        if (parent is not null)
        {
            if (user is not null && user.Id != parent.Payload.UserId)
            {
                throw Errors.Unauthorized();
            }

            await using var db = database.Open();
            user = await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == parent.Payload.UserId && u.Enabled, cancellationToken) ?? throw Errors.Unauthorized();
        }

        var (kind, project, domainId) = await ScopeAsync(request.Scope, user!, cancellationToken);
        var payload = new TokenPayload
        {
            Kind = kind,
            UserId = user!.Id,
            Methods = [.. request.Methods, .. parent?.Payload.Methods ?? []],
            ExpiresAt = parent?.Payload.ExpiresAt ?? tokens.NewExpiry(),
            AuditIds = parent is null ? [TokenPayload.NewAuditId()] : [TokenPayload.NewAuditId(), parent.Payload.AuditChainId],
            ProjectId = project?.Id,
            DomainId = domainId,
            System = kind == TokenKind.System ? "all" : null,
        };
        return await tokens.IssueAsync(payload, user.DomainId, project?.DomainId, cancellationToken);
    }

    private void CheckRescope(ValidatedToken parent, ScopeRequest? scope)
    {
        if (parent.Payload.Kind == TokenKind.System && scope is { Project: not null } or { Domain: not null })
        {
            throw Errors.Forbidden("Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.");
        }

        if (!config.Get(IdentityOptions.AllowRescope) && parent.Payload.Kind != TokenKind.Unscoped)
        {
            throw Errors.Forbidden("rescope a scoped token");
        }
    }

    private async Task<User> VerifyPasswordAsync(Reference reference, string password, CancellationToken cancellationToken)
    {
        // An over-long password is refused unread, whoever it is for (OSSA-2012-002).
        if (Encoding.UTF8.GetByteCount(password) > config.Get(IdentityOptions.MaxPasswordLength))
        {
            throw Errors.Unauthorized();
        }

        User? user;
        bool enabled;
        await using (var db = database.Open())
        {
            user = await FindUserAsync(db, reference, cancellationToken);
            enabled = user is { Enabled: true } && await db.GetTable<Project>().AnyAsync(p => p.Id == user.DomainId && p.Enabled, cancellationToken);
        }

        var right = await hasher.VerifyAsync(password, user?.PasswordHash, cancellationToken);
        return right && enabled ? user! : throw Errors.Unauthorized();
    }

    private static async Task<User?> FindUserAsync(DataConnection db, Reference reference, CancellationToken cancellationToken)
    {
        if (reference.Id is { } id)
        {
            return await db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken);
        }

        var domain = await FindDomainAsync(db, reference.Domain!, cancellationToken);
        var key = NameKey.Of(reference.Name!);
        return domain is null ? null : await db.GetTable<User>().FirstOrDefaultAsync(u => u.DomainId == domain.Id && u.NameKey == key, cancellationToken);
    }

    private static Task<Project?> FindDomainAsync(DataConnection db, Reference reference, CancellationToken cancellationToken)
    {
        if (reference.Id is { } id)
        {
            return db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.IsDomain, cancellationToken);
        }

        var key = NameKey.Of(reference.Name!);
        return db.GetTable<Project>().FirstOrDefaultAsync(p => p.IsDomain && p.NameKey == key && p.DomainId == "", cancellationToken);
    }

    private async Task<(TokenKind Kind, Project? Project, string? DomainId)> ScopeAsync(ScopeRequest? scope, User user, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        switch (scope)
        {
            case { System: true }:
                return (TokenKind.System, null, null);
            case { Unscoped: true }:
                return (TokenKind.Unscoped, null, null);
            case { Domain: { } domain }:
                return (TokenKind.Domain, null, (await FindDomainAsync(db, domain, cancellationToken) ?? throw Errors.Unauthorized()).Id);
            case { Project: { } project }:
                return (TokenKind.Project, await FindProjectAsync(db, project, cancellationToken) ?? throw Errors.Unauthorized(), null);
        }

        // Nothing asked for: the default project when the user has a role there, else no scope. A token is rescoped to it as a password is.
        if (user.DefaultProjectId is { } id
            && await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.Enabled, cancellationToken) is { } own
            && await db.GetTable<Project>().AnyAsync(p => p.Id == own.DomainId && p.Enabled, cancellationToken)
            && (await roles.OnProjectAsync(user.Id, own, cancellationToken)).Count > 0)
        {
            return (TokenKind.Project, own, null);
        }

        return (TokenKind.Unscoped, null, null);
    }

    private static async Task<Project?> FindProjectAsync(DataConnection db, Reference reference, CancellationToken cancellationToken)
    {
        if (reference.Id is { } id)
        {
            // A domain's own id names no project unless it is asked for as a domain.
            return await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.DomainId != "", cancellationToken);
        }

        var domain = await FindDomainAsync(db, reference.Domain!, cancellationToken);
        var key = NameKey.Of(reference.Name!);
        return domain is null ? null : await db.GetTable<Project>().FirstOrDefaultAsync(p => p.DomainId == domain.Id && p.NameKey == key, cancellationToken);
    }
}
