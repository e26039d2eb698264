// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.ApplicationCredentials;
using Meridian.Identity.Assignments;
using Meridian.Identity.Credentials;
using Meridian.Identity.DomainConfig;
using Meridian.Identity.EndpointFilter;
using Meridian.Identity.Limits;
using Meridian.Identity.Tokens;
using Meridian.Identity.Trusts;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Projects;

/// <summary>All SQL about projects; domains are projects too, what is theirs alone is in <see cref="Domains.DomainStore"/>.</summary>
internal sealed class ProjectStore(Database database, IdentityWriter writer, RevocationStore revocations, ServiceConfig config)
{
    public async Task<Project?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id, cancellationToken);
    }

    /// <param name="domainId">Only this domain's; null for all.</param>
    public async Task<ListPage<Project>> ListAsync(ListRequest list, string? domainId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        IQueryable<Project> rows = db.GetTable<Project>();
        rows = domainId is null ? rows : rows.Where(p => p.DomainId == domainId);
        rows = list.Has("is_domain") ? list.Boolean(rows, "is_domain", p => p.IsDomain) : rows.Where(p => !p.IsDomain);
        return await PageAsync(list, FilterTags(db, list, rows), cancellationToken);
    }

    public async Task<ListPage<Project>> ListByIdsAsync(ListRequest list, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await PageAsync(list, db.GetTable<Project>().Where(p => ids.Contains(p.Id)), cancellationToken);
    }

    /// <summary>The tags of these projects, sorted.</summary>
    public async Task<ILookup<string, string>> TagsAsync(IReadOnlyList<Project> projects, CancellationToken cancellationToken)
    {
        var ids = projects.Select(p => p.Id).ToList();
        await using var db = database.Open();
        var tags = ids.Count == 0 ? [] : await db.GetTable<ProjectTag>().Where(t => ids.Contains(t.ProjectId)).OrderBy(t => t.Tag).ToListAsync(cancellationToken);
        return tags.ToLookup(t => t.ProjectId, t => t.Tag);
    }

    /// <summary>What stands above, nearest first, the domain included.</summary>
    public async Task<IReadOnlyList<Project>> ParentsAsync(Project project, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await ParentsAsync(db, project, cancellationToken);
    }

    /// <summary>What stands below, level by level.</summary>
    public async Task<IReadOnlyList<Project>> SubtreeAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await SubtreeAsync(db, id, cancellationToken);
    }

    /// <exception cref="ApiException">400 for a parent or domain that does not fit, 409 for a name that exists.</exception>
    public async Task CreateAsync(Project project, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        project.NameKey = NameKey.Of(project.Name);
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    if (!project.IsDomain)
                    {
                        await CheckPlaceAsync(db, project, cancellationToken);
                    }

                    await db.InsertAsync(project, token: cancellationToken);
                    await InsertTagsAsync(db, project.Id, tags, cancellationToken);
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Duplicate(project);
        }
    }

    /// <param name="tags">Null leaves them.</param>
    /// <param name="wasEnabled">Before the change: disabling ends the tokens of this scope.</param>
    public async Task UpdateAsync(Project project, IReadOnlyList<string>? tags, bool wasEnabled, CancellationToken cancellationToken)
    {
        project.NameKey = NameKey.Of(project.Name);
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    if (!project.IsDomain && wasEnabled != project.Enabled)
                    {
                        await CheckEnabledAsync(db, project, cancellationToken);
                    }

                    await IdentityWriter.UpdateAsync(db, project, "project", project.Id, cancellationToken);

                    if (tags is not null)
                    {
                        await ReplaceTagsAsync(db, project.Id, tags, cancellationToken);
                    }

                    if (wasEnabled && !project.Enabled)
                    {
                        await (project.IsDomain
                            ? revocations.RevokeDomainAsync(db, project.Id, cancellationToken)
                            : revocations.RevokeProjectAsync(db, project.Id, cancellationToken));
                    }
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Duplicate(project);
        }
    }

    /// <exception cref="ApiException">403 when projects stand below it.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            await CheckLeafAsync(db, id, cancellationToken);
            if (await db.GetTable<Project>().Where(p => p.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("project", id);
            }

            await DeleteTracesAsync(db, [id], cancellationToken);
            await revocations.RevokeProjectAsync(db, id, cancellationToken);
        },
        cancellationToken);

    /// <exception cref="ApiException">403 when projects stand below it.</exception>
    public static async Task CheckLeafAsync(DataConnection db, string id, CancellationToken cancellationToken)
    {
        if (await db.GetTable<Project>().AnyAsync(p => p.ParentId == id, cancellationToken))
        {
            throw Errors.Refused($"Cannot delete the project {id} since it is not a leaf in the hierarchy. Use the cascade option if you want to delete a whole subtree.");
        }
    }

    /// <summary>Removes what refers to projects that are gone.</summary>
    public static async Task DeleteTracesAsync(DataConnection db, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await TrustStore.DeleteTracesOfProjectsAsync(db, ids, cancellationToken);
        await ApplicationCredentialStore.DeleteTracesOfProjectsAsync(db, ids, cancellationToken);
        await db.GetTable<ProjectTag>().Where(t => ids.Contains(t.ProjectId)).DeleteAsync(cancellationToken);
        await db.GetTable<Assignment>().Where(a => ids.Contains(a.TargetId) && a.TargetKind != AssignmentKinds.System).DeleteAsync(cancellationToken);
        await CredentialStore.DeleteOfProjectsAsync(db, ids, cancellationToken);
        await db.GetTable<User>().Where(u => ids.Contains(u.DefaultProjectId!)).Set(u => u.DefaultProjectId, (string?)null)
            .Set(u => u.Revision, u => u.Revision + 1).UpdateAsync(cancellationToken);
        await LimitStore.DeleteOfAsync(db, ids, cancellationToken);
        await EndpointFilterStore.DeleteOfProjectsAsync(db, ids, cancellationToken);
        await DomainConfigStore.DeleteOfAsync(db, ids, cancellationToken);
    }

    public Task SetTagsAsync(string id, IReadOnlyList<string> tags, CancellationToken cancellationToken) =>
        writer.WriteAsync(db => ReplaceTagsAsync(db, id, tags, cancellationToken), cancellationToken, asksFirst: true);

    /// <summary>Adds one and leaves the others, whoever adds them. Idempotent.</summary>
    /// <exception cref="ApiException">400 for one too many.</exception>
    public Task AddTagAsync(string id, string tag, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            var tags = await db.GetTable<ProjectTag>().Where(t => t.ProjectId == id).Select(t => t.Tag).ToListAsync(cancellationToken);
            if (!tags.Contains(tag))
            {
                ProjectTag.Check([.. tags, tag]);
                await db.InsertAsync(new ProjectTag { ProjectId = id, Tag = tag }, token: cancellationToken);
            }
        },
        cancellationToken, asksFirst: true);

    /// <exception cref="ApiException">404 when the project has no such tag.</exception>
    public Task RemoveTagAsync(string id, string tag, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<ProjectTag>().Where(t => t.ProjectId == id && t.Tag == tag).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("project tag", tag);
            }
        },
        cancellationToken);

    private async Task CheckPlaceAsync(DataConnection db, Project project, CancellationToken cancellationToken)
    {
        var domain = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == project.DomainId && p.IsDomain, cancellationToken)
            ?? throw Errors.Invalid($"Could not find domain: {project.DomainId}.");
        var parentId = project.ParentId ??= domain.Id;
        var parent = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == parentId, cancellationToken)
            ?? throw Errors.Invalid($"Could not find project: {project.ParentId}.");
        if (parent.IsDomain && parent.Id != domain.Id)
        {
            throw Errors.Invalid(
                $"Cannot create project, the parent ({parent.Id}) is acting as a domain, but this project's domain id ({domain.Id}) does not match the parent's id.");
        }

        if (!parent.IsDomain && parent.DomainId != domain.Id)
        {
            throw Errors.Invalid($"Cannot create project, since it specifies its domain_id {domain.Id}, but specifies a parent in a different domain ({parent.DomainId}).");
        }

        IReadOnlyList<Project> above = [parent, .. await ParentsAsync(db, parent, cancellationToken)];
        if (above.FirstOrDefault(p => !p.Enabled) is { } disabled)
        {
            throw Errors.Invalid($"cannot create a project in a branch containing a disabled project: {disabled.Id}");
        }

        if (above.Count > ProjectOptions.TreeDepth(config))
        {
            throw Errors.Refused($"Max hierarchy depth reached for {parent.Id} branch.");
        }
    }

    private static async Task CheckEnabledAsync(DataConnection db, Project project, CancellationToken cancellationToken)
    {
        if (project.Enabled && (await ParentsAsync(db, project, cancellationToken)).Any(p => !p.Enabled))
        {
            throw Errors.Refused($"Cannot enable project {project.Id} since it has disabled parents");
        }

        if (!project.Enabled && (await SubtreeAsync(db, project.Id, cancellationToken)).Any(p => p.Enabled))
        {
            throw Errors.Refused($"Cannot disable project {project.Id} since its subtree contains enabled projects.");
        }
    }

    private static async Task<IReadOnlyList<Project>> ParentsAsync(DataConnection db, Project project, CancellationToken cancellationToken)
    {
        var ids = await RoleResolver.AncestorsAsync(db, project, cancellationToken);
        var found = ids.Count == 0 ? [] : await db.GetTable<Project>().Where(p => ids.Contains(p.Id)).ToListAsync(cancellationToken);
        return [.. ids.Select(id => found.FirstOrDefault(p => p.Id == id)).OfType<Project>()];
    }

    private static async Task<IReadOnlyList<Project>> SubtreeAsync(DataConnection db, string id, CancellationToken cancellationToken) =>
        await (from below in ProjectTree.Below(db, [id])
               join project in db.GetTable<Project>() on below.Id equals project.Id
               orderby below.Depth, project.Id
               select project).ToListAsync(cancellationToken);

    private static async Task InsertTagsAsync(DataConnection db, string id, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        foreach (var tag in tags.Distinct(StringComparer.Ordinal))
        {
            await db.InsertAsync(new ProjectTag { ProjectId = id, Tag = tag }, token: cancellationToken);
        }
    }

    private static async Task ReplaceTagsAsync(DataConnection db, string id, IReadOnlyList<string> tags, CancellationToken cancellationToken)
    {
        await db.GetTable<ProjectTag>().Where(t => t.ProjectId == id).DeleteAsync(cancellationToken);
        await InsertTagsAsync(db, id, tags, cancellationToken);
    }

    private static IQueryable<Project> FilterTags(DataConnection db, ListRequest list, IQueryable<Project> rows)
    {
        var tags = db.GetTable<ProjectTag>();
        foreach (var tag in Split("tags"))
        {
            rows = rows.Where(p => tags.Any(t => t.ProjectId == p.Id && t.Tag == tag));
        }

        if (Split("tags-any") is { Length: > 0 } any)
        {
            rows = rows.Where(p => tags.Any(t => t.ProjectId == p.Id && any.Contains(t.Tag)));
        }

        if (Split("not-tags") is { Length: > 0 } all)
        {
            rows = rows.Where(p => tags.Count(t => t.ProjectId == p.Id && all.Contains(t.Tag)) < all.Length);
        }

        if (Split("not-tags-any") is { Length: > 0 } none)
        {
            rows = rows.Where(p => !tags.Any(t => t.ProjectId == p.Id && none.Contains(t.Tag)));
        }

        return rows;

        string[] Split(string name) => list.Value(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
    }

    private static Task<ListPage<Project>> PageAsync(ListRequest list, IQueryable<Project> rows, CancellationToken cancellationToken)
    {
        rows = list.Text(rows, "name", p => p.Name, p => p.NameKey);
        rows = list.Text(rows, "domain_id", p => p.DomainId);
        rows = list.Text(rows, "parent_id", p => p.ParentId);
        rows = list.Boolean(rows, "enabled", p => p.Enabled);
        return list.PageByNameAsync(rows, p => p.Id, p => p.NameKey, cancellationToken, ("domain_id", p => p.DomainId));
    }

    private static ApiException Duplicate(Project project) => Errors.Conflict("project", project.IsDomain
        ? $"it is not permitted to have two projects acting as domains with the same name: {project.Name}"
        : $"it is not permitted to have two projects with either the same name or same id in the same domain: name is {project.Name}, project id {project.Id}");
}
