// SPDX-License-Identifier: Apache-2.0
using System.Text;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>
/// Judges an application credential that somebody wants to make, and hashes its secret. It never gets more than the token has that makes it, nor more than its
/// user holds. Source: identity v3 API, "Application Credentials".
/// </summary>
internal sealed class ApplicationCredentialMaker(Database database, PasswordHasher hasher, RoleResolver roles, RoleGraphCache graphs, ServiceConfig config)
{
    /// <summary>Completes <see cref="NewApplicationCredential.Credential"/>.</summary>
    /// <returns>The ids of its roles: those asked for with what they imply, or the token's.</returns>
    /// <exception cref="ApiException">400.</exception>
    public async Task<IReadOnlyList<string>> PrepareAsync(NewApplicationCredential wanted, ValidatedToken token, CancellationToken cancellationToken)
    {
        var roleIds = await RolesAsync(wanted, token, cancellationToken);
        wanted.Credential.SecretHash = await HashAsync(wanted.Secret, cancellationToken);
        return roleIds;
    }

    private async Task<IReadOnlyList<string>> RolesAsync(NewApplicationCredential wanted, ValidatedToken token, CancellationToken cancellationToken)
    {
        var has = token.Info.Roles.Select(r => r.Id).ToList();
        await using var db = database.Open();
        if (wanted.Roles.Count > 0)
        {
            var graph = await graphs.GetAsync(cancellationToken);
            var asked = (await RoleReference.ResolveAsync(db, wanted.Roles, cancellationToken)).SelectMany(graph.Closure).Distinct(StringComparer.Ordinal).ToList();
            has = asked.TrueForAll(has.Contains) ? asked : throw Invalid("Cannot create an application credential with unassigned role");
        }

        var credential = wanted.Credential;
        var project = await db.GetTable<Project>().FirstAsync(p => p.Id == credential.ProjectId, cancellationToken);
        var held = await roles.EffectiveIdsOnProjectAsync(credential.UserId, project, cancellationToken);
        return has.Find(r => !held.Contains(r)) is not { } missing ? has : throw Invalid(
            $"Could not find role assignment with role: {missing}, user or group: {credential.UserId}, project, domain, or system: {credential.ProjectId}.");
    }

    private Task<string> HashAsync(string secret, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetByteCount(secret) > config.Get(IdentityOptions.MaxPasswordLength) ? throw Errors.InvalidField("secret", "it is too long")
        : secret.Contains('\0', StringComparison.Ordinal) ? throw Errors.InvalidField("secret", "it holds a NUL character")
        : hasher.HashAsync(secret, cancellationToken);

    private static ApiException Invalid(string detail) => Errors.Invalid("Invalid application credential: " + detail);
}
