// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Identity.Users;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary>
/// What a log-in gets that asks for no scope: the default project when the user has a role there, else none. A token is rescoped to it as a password is.
/// Source: identity v3 API, "Password authentication with unscoped authorization".
/// </summary>
internal sealed class DefaultScope(Database database, RoleResolver roles)
{
    public async Task<TokenScope> OfAsync(User user, CancellationToken cancellationToken)
    {
        if (user.DefaultProjectId is not { } id)
        {
            return TokenScope.Unscoped;
        }

        await using var db = database.Open();
        return await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id && p.Enabled, cancellationToken) is { } own
            && await db.GetTable<Project>().AnyAsync(p => p.Id == own.DomainId && p.Enabled, cancellationToken)
            && (await roles.OnProjectAsync(user.Id, own, cancellationToken)).Count > 0
            ? new(TokenKind.Project) { Project = own }
            : TokenScope.Unscoped;
    }
}
