// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Catalog;
using Meridian.Identity.Projects;
using Meridian.Identity.Regions;
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Http;

namespace Meridian.Identity.Manage;

/// <summary>What <c>keystone-manage bootstrap</c> was asked for.</summary>
internal sealed record BootstrapRequest(
    string Username, string Password, string ProjectName, string RoleName, string ServiceName, string? AdminUrl, string? PublicUrl, string? InternalUrl,
    string? RegionId, bool ImmutableRoles);

/// <summary>
/// Makes or repairs what a Keystone needs before anybody can log in: domain, roles, administrator, region, its own endpoints. Each thing that exists is left as it
/// is, but for the administrator's password and enabled flag and the URLs. All in one transaction.
/// </summary>
internal sealed class Bootstrap(IdentityWriter writer, PasswordHasher hasher, RevocationStore revocations, Meridian.Platform.Storage.Database database, TimeProvider clock)
{
    public async Task RunAsync(BootstrapRequest request, string domainId, Action<string> log, CancellationToken cancellationToken)
    {
        // The costly part goes first, outside the transaction.
        var hash = await NewHashAsync(request.Username, request.Password, domainId, cancellationToken);
        await writer.WriteAsync(
            async db =>
            {
                await EnsureDomainAsync(db, domainId, log, cancellationToken);
                var projectId = await EnsureProjectAsync(db, request.ProjectName, null, domainId, log, cancellationToken);
                var userId = await EnsureUserAsync(db, request.Username, null, domainId, hash, log, cancellationToken);
                var roleId = await EnsureRolesAsync(db, request, log, cancellationToken);
                var onProject = await EnsureAssignmentAsync(db, userId, projectId, AssignmentKinds.Project, roleId, cancellationToken);
                log(onProject
                    ? $"Granted role {request.RoleName} on project {request.ProjectName} to user {request.Username}."
                    : $"User {request.Username} already has role {request.RoleName} on project {request.ProjectName}.");
                var onSystem = await EnsureAssignmentAsync(db, userId, AssignmentKinds.SystemId, AssignmentKinds.System, roleId, cancellationToken);
                log(onSystem
                    ? $"Granted role {request.RoleName} on the system to user {request.Username}."
                    : $"User {request.Username} already has role {request.RoleName} on the system.");
                await EnsureCatalogAsync(db, request, log, cancellationToken);
            },
            cancellationToken, catalog: true);
    }

    /// <summary>Makes a project of the default domain under an id that is given.</summary>
    public Task SetUpProjectAsync(string name, string? id, string domainId, Action<string> log, CancellationToken cancellationToken) =>
        writer.WriteAsync(db => EnsureProjectAsync(db, name, id, domainId, log, cancellationToken), cancellationToken);

    /// <summary>Makes a user of the default domain under an id that is given, or sets the password of the one that has the name.</summary>
    /// <exception cref="ApiException">409 when the name belongs to a user of another id.</exception>
    public async Task SetUpUserAsync(string name, string password, string? id, string domainId, Action<string> log, CancellationToken cancellationToken)
    {
        var hash = await NewHashAsync(name, password, domainId, cancellationToken);
        await writer.WriteAsync(db => EnsureUserAsync(db, name, id, domainId, hash, log, cancellationToken), cancellationToken);
    }

    /// <returns>Null when the user exists and has that password already.</returns>
    private async Task<string?> NewHashAsync(string username, string password, string domainId, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(username);
        string? known;
        await using (var db = database.Open())
        {
            known = await db.GetTable<User>().Where(u => u.DomainId == domainId && u.NameKey == key).Select(u => u.PasswordHash).FirstOrDefaultAsync(cancellationToken);
        }

        return known is not null && await hasher.VerifyAsync(password, known, cancellationToken) ? null : await hasher.HashAsync(password, cancellationToken);
    }

    private static async Task EnsureDomainAsync(DataConnection db, string domainId, Action<string> log, CancellationToken cancellationToken)
    {
        if (await db.GetTable<Project>().AnyAsync(p => p.Id == domainId, cancellationToken))
        {
            log($"Domain {domainId} already exists, skipping creation.");
            return;
        }

        await db.InsertAsync(
            new Project { Id = domainId, Name = "Default", NameKey = "default", Description = "The default domain", Enabled = true, IsDomain = true },
            token: cancellationToken);
        log($"Created domain {domainId}");
    }

    private static async Task<string> EnsureProjectAsync(DataConnection db, string name, string? id, string domainId, Action<string> log, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(name);
        if (await db.GetTable<Project>().Where(p => p.DomainId == domainId && p.NameKey == key).Select(p => p.Id).FirstOrDefaultAsync(cancellationToken) is { } known)
        {
            log($"Project {name} already exists, skipping creation.");
            return known;
        }

        var project = new Project
        {
            Id = id ?? NewId(), DomainId = domainId, ParentId = domainId, Name = name, NameKey = key, Enabled = true,
            Description = "Bootstrap project for initializing the cloud.",
        };
        await db.InsertAsync(project, token: cancellationToken);
        log($"Created project {name}");
        return project.Id;
    }

    private async Task<string> EnsureUserAsync(
        DataConnection db, string name, string? id, string domainId, string? hash, Action<string> log, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(name);
        var now = clock.GetUtcNow().UtcDateTime;
        if (await db.GetTable<User>().FirstOrDefaultAsync(u => u.DomainId == domainId && u.NameKey == key, cancellationToken) is { } known)
        {
            log($"User {name} already exists, skipping creation.");
            if (id is not null && id != known.Id)
            {
                throw Errors.Conflict("user_id", $"user `{name}` already exists with `{known.Id}`");
            }

            if (hash is not null || !known.Enabled)
            {
                await db.GetTable<User>().Where(u => u.Id == known.Id)
                    .Set(u => u.Enabled, true).Set(u => u.PasswordHash, hash ?? known.PasswordHash).Set(u => u.PasswordChangedAt, hash is null ? known.PasswordChangedAt : now)
                    .Set(u => u.PasswordExpiresAt, hash is null ? known.PasswordExpiresAt : null)
                    .Set(u => u.FailedAuthCount, 0).Set(u => u.FailedAuthAt, (DateTime?)null).Set(u => u.LastActiveAt, now.Date)
                    .Set(u => u.Revision, u => u.Revision + 1)
                    .UpdateAsync(cancellationToken);
                if (hash is not null)
                {
                    await revocations.RevokeUserAsync(db, known.Id, cancellationToken);
                }

                log($"Reset password for user {name}.");
                if (!known.Enabled)
                {
                    log($"Enabled user {name}.");
                }
            }

            return known.Id;
        }

        var user = new User { Id = id ?? NewId(), DomainId = domainId, Name = name, NameKey = key, Enabled = true, PasswordHash = hash, PasswordChangedAt = now, CreatedAt = now };
        await db.InsertAsync(user, token: cancellationToken);
        if (id is not null)
        {
            // Somebody may have had this id before: tokens of that user are not this one's.
            await revocations.RevokeUserAsync(db, id, cancellationToken);
        }

        log($"Created user {name}");
        return user.Id;
    }

    /// <summary>admin implies manager implies member implies reader; service stands by itself.</summary>
    private static async Task<string> EnsureRolesAsync(DataConnection db, BootstrapRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        var options = request.ImmutableRoles ? "{\"immutable\":true}" : null;
        var above = await EnsureRoleAsync(db, "reader", options, log, cancellationToken);
        foreach (var name in new[] { "member", "manager", request.RoleName })
        {
            var role = await EnsureRoleAsync(db, name, options, log, cancellationToken);
            if (!await db.GetTable<ImpliedRole>().AnyAsync(i => i.PriorRoleId == role && i.ImpliedRoleId == above, cancellationToken))
            {
                await db.InsertAsync(new ImpliedRole { PriorRoleId = role, ImpliedRoleId = above }, token: cancellationToken);
                log($"Created implied role where {role} implies {above}");
            }

            above = role;
        }

        await DeleteOldImplicationAsync(db, above, cancellationToken);

        await EnsureRoleAsync(db, "service", options, log, cancellationToken);
        return above;
    }

    /// <summary>Before there was a manager role, admin implied member by itself.</summary>
    private static async Task DeleteOldImplicationAsync(DataConnection db, string adminId, CancellationToken cancellationToken)
    {
        var member = await db.GetTable<Role>().Where(r => r.DomainId == "" && r.NameKey == "member").Select(r => r.Id).FirstOrDefaultAsync(cancellationToken);
        await db.GetTable<ImpliedRole>().Where(i => i.PriorRoleId == adminId && i.ImpliedRoleId == member).DeleteAsync(cancellationToken);
    }

    private static async Task<string> EnsureRoleAsync(DataConnection db, string name, string? options, Action<string> log, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(name);
        if (await db.GetTable<Role>().Where(r => r.DomainId == "" && r.NameKey == key).Select(r => r.Id).FirstOrDefaultAsync(cancellationToken) is { } known)
        {
            log($"Role {name} exists, skipping creation.");
            return known;
        }

        var role = new Role { Id = NewId(), Name = name, NameKey = key, Options = options };
        await db.InsertAsync(role, token: cancellationToken);
        log($"Created role {name}");
        if (options is null)
        {
            log($"Role {name} was created as a mutable role; run this again without --no-immutable-roles, or set its option immutable.");
        }

        return role.Id;
    }

    /// <returns>False when it was there.</returns>
    private static async Task<bool> EnsureAssignmentAsync(DataConnection db, string userId, string targetId, string targetKind, string roleId, CancellationToken cancellationToken)
    {
        var exists = await db.GetTable<Assignment>().AnyAsync(
            a => a.ActorKind == AssignmentKinds.User && a.ActorId == userId && a.TargetKind == targetKind && a.TargetId == targetId && a.RoleId == roleId && !a.Inherited,
            cancellationToken);
        if (!exists)
        {
            await db.InsertAsync(
                new Assignment { ActorKind = AssignmentKinds.User, ActorId = userId, TargetKind = targetKind, TargetId = targetId, RoleId = roleId }, token: cancellationToken);
        }

        return !exists;
    }

    private static async Task EnsureCatalogAsync(DataConnection db, BootstrapRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        if (request.RegionId is { } regionId)
        {
            if (await db.GetTable<Region>().AnyAsync(r => r.Id == regionId, cancellationToken))
            {
                log($"Region {regionId} exists, skipping creation.");
            }
            else
            {
                await db.InsertAsync(new Region { Id = regionId }, token: cancellationToken);
                log($"Created region {regionId}");
            }
        }

        (string Interface, string? Url)[] wanted = [("public", request.PublicUrl), ("internal", request.InternalUrl), ("admin", request.AdminUrl)];
        if (wanted.All(w => w.Url is null))
        {
            return;
        }

        var serviceId = await db.GetTable<Service>().Where(s => s.Type == "identity").OrderBy(s => s.Id).Select(s => s.Id).FirstOrDefaultAsync(cancellationToken);
        if (serviceId is null)
        {
            serviceId = NewId();
            await db.InsertAsync(new Service { Id = serviceId, Type = "identity", Name = request.ServiceName, Enabled = true }, token: cancellationToken);
        }

        foreach (var (kind, url) in wanted)
        {
            if (url is not null)
            {
                await EnsureEndpointAsync(db, serviceId, request.RegionId, kind, url, log, cancellationToken);
            }
        }
    }

    private static async Task EnsureEndpointAsync(
        DataConnection db, string serviceId, string? regionId, string kind, string url, Action<string> log, CancellationToken cancellationToken)
    {
        var rows = db.GetTable<Endpoint>().Where(e => e.ServiceId == serviceId && e.Interface == kind);
        rows = regionId is null ? rows.Where(e => e.RegionId == null) : rows.Where(e => e.RegionId == regionId);
        if (await rows.OrderBy(e => e.Id).FirstOrDefaultAsync(cancellationToken) is { } known)
        {
            await db.GetTable<Endpoint>().Where(e => e.Id == known.Id).Set(e => e.Url, url).Set(e => e.Revision, e => e.Revision + 1).UpdateAsync(cancellationToken);
            log($"{kind} endpoint updated");
            return;
        }

        await db.InsertAsync(new Endpoint { Id = NewId(), ServiceId = serviceId, RegionId = regionId, Interface = kind, Url = url, Enabled = true }, token: cancellationToken);
        log($"Created {kind} endpoint {url}");
    }

    private static string NewId() => Guid.NewGuid().ToString("N");
}
