// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Async;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Roles;

/// <summary>All roles and what they imply, as of one identity revision: they are few, and every token needs them.</summary>
internal sealed class RoleGraph
{
    private readonly Dictionary<string, Role> roles;
    private readonly ILookup<string, string> implied;

    private RoleGraph(Dictionary<string, Role> roles, ILookup<string, string> implied) => (this.roles, this.implied) = (roles, implied);

    public static async Task<RoleGraph> LoadAsync(Database database, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var roles = await LinqToDB.DataExtensions.GetTable<Role>(db).ToListAsync(cancellationToken);
        var implied = await LinqToDB.DataExtensions.GetTable<ImpliedRole>(db).ToListAsync(cancellationToken);
        return new(roles.ToDictionary(r => r.Id), implied.ToLookup(i => i.PriorRoleId, i => i.ImpliedRoleId));
    }

    public Role? Find(string id) => roles.GetValueOrDefault(id);

    /// <summary>The roles that imply any other.</summary>
    public IEnumerable<Role> Priors => implied.Select(i => i.Key).Select(Find).OfType<Role>().OrderBy(r => r.Id, StringComparer.Ordinal);

    public IEnumerable<string> ImpliedBy(string roleId) => implied[roleId];

    /// <summary>The role itself first, then everything that it implies, however far away; a circle ends.</summary>
    public IReadOnlyList<string> Closure(string roleId)
    {
        var reached = new List<string> { roleId };
        for (var i = 0; i < reached.Count; i++)
        {
            foreach (var next in implied[reached[i]])
            {
                if (!reached.Contains(next))
                {
                    reached.Add(next);
                }
            }
        }

        return reached;
    }

    /// <summary>The roles of a token: implied ones included; a domain's own roles only stand for what they imply.</summary>
    public IReadOnlyList<Role> Expand(IEnumerable<string> roleIds)
    {
        var expanded = new List<Role>();
        foreach (var id in roleIds.SelectMany(Closure).Distinct(StringComparer.Ordinal))
        {
            if (roles.TryGetValue(id, out var role) && role.DomainId.Length == 0)
            {
                expanded.Add(role);
            }
        }

        return expanded;
    }
}

/// <summary>Keeps the <see cref="RoleGraph"/> of the current revision.</summary>
internal sealed class RoleGraphCache(Database database, Revisions revisions)
{
    private volatile Entry? current;

    public async ValueTask<RoleGraph> GetAsync(CancellationToken cancellationToken)
    {
        var revision = revisions.IdentityRevision;
        if (current is { } known && known.Revision == revision)
        {
            return known.Graph;
        }

        var graph = await RoleGraph.LoadAsync(database, cancellationToken);
        current = new(revision, graph);
        return graph;
    }

    private sealed record Entry(long Revision, RoleGraph Graph);
}
