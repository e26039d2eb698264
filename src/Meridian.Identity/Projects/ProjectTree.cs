// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Data;

namespace Meridian.Identity.Projects;

/// <summary>A project that stands below <paramref name="Root"/>, <paramref name="Depth"/> levels down: 1 is its child.</summary>
internal sealed record ProjectBelow(string Root, string Id, string Name, string DomainId, int Depth);

/// <summary>Walks down the hierarchy of projects, in one query.</summary>
internal static class ProjectTree
{
    /// <summary>Projects nest at most this deep; a longer chain is a damaged one. Source: Keystone's max_project_tree_depth is 5.</summary>
    public const int MaxDepth = 32;

    /// <summary>All that stand below each of these projects or domains. One that stands below two of them comes twice.</summary>
    public static IQueryable<ProjectBelow> Below(DataConnection db, IReadOnlyCollection<string> roots) => db.GetCte<ProjectBelow>(below =>
        db.GetTable<Project>().Where(p => roots.Contains(p.ParentId!)).Select(p => new ProjectBelow(p.ParentId!, p.Id, p.Name, p.DomainId, 1))
            .Concat(
                from above in below
                from p in db.GetTable<Project>()
                where p.ParentId == above.Id && above.Depth < MaxDepth
                select new ProjectBelow(above.Root, p.Id, p.Name, p.DomainId, above.Depth + 1)));
}
