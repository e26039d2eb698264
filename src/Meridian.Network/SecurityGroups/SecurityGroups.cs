// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.Northbound;
using Meridian.Network.Ports;
using Meridian.Network.Quotas;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Network.SecurityGroups;

/// <summary>/security-groups. Source: Networking API reference, "Security groups".</summary>
internal sealed class SecurityGroupsResource(NetworkCore core, QuotaCounter quota, DefaultSecurityGroup defaults) : NetworkResource<SecurityGroupRow>(core)
{
    public override string Singular => "security_group";

    public override IReadOnlyList<Field<SecurityGroupRow>> Fields { get; } =
    [
        StandardFields.Id<SecurityGroupRow>(),
        StandardFields.Name<SecurityGroupRow>(),
        new("stateful", (json, g) => json.WriteBooleanValue(g.Stateful)) { Post = Read.Boolean, Put = Read.Boolean, Default = true, Filter = Filter.Bool<SecurityGroupRow>(g => g.Stateful) },
        new("security_group_rules", (json, g) => SecurityGroupRulesResource.WriteAll(json, g.Rules)),
        .. StandardFields.Rest<SecurityGroupRow>(),
    ];

    public override IQueryable<SecurityGroupRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        return viewer.SeesAll ? db.GetTable<SecurityGroupRow>() : db.GetTable<SecurityGroupRow>().Where(g => g.ProjectId == project);
    }

    public override ApiException NotFound(string id) => Errors.SecurityGroupNotFound(id);

    public override Task PrepareAsync(Viewer viewer, string projectId, CancellationToken cancellationToken) => defaults.EnsureAsync(projectId, cancellationToken);

    public override async Task LoadAsync(DataConnection db, IReadOnlyList<SecurityGroupRow> rows, CancellationToken cancellationToken)
    {
        await LoadTagsAsync(db, rows, cancellationToken);
        var ids = rows.Select(r => r.Id).ToList();
        var rules = (await db.GetTable<SecurityGroupRuleRow>().Where(r => ids.Contains(r.SecurityGroupId)).OrderBy(r => r.Number).ToListAsync(cancellationToken)).ToLookup(r => r.SecurityGroupId);
        foreach (var row in rows)
        {
            row.Rules = [.. rules[row.Id]];
        }
    }

    public override async Task<SecurityGroupRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        var name = values.Get("name", "");
        if (name.Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            throw Errors.Conflict("Default security group already exists.", "SecurityGroupDefaultAlreadyExists");
        }

        await quota.TakeAsync(db, projectId, "security_group", 1, cancellationToken);
        var row = new SecurityGroupRow
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = projectId, Name = name, Description = values.Get("description", ""), Stateful = values.Get("stateful", true),
            CreatedAt = Core.Now, UpdatedAt = Core.Now,
        };
        await defaults.InsertAsync(db, row, ingress: false, cancellationToken);
        return row;
    }

    public override async Task UpdateAsync(WriteConnection db, Viewer viewer, SecurityGroupRow row, Values values, CancellationToken cancellationToken)
    {
        if (row.IsDefault && values.Has("name") && values.Get("name", "") != row.Name)
        {
            throw Errors.Conflict("Updating default security group not allowed.", "SecurityGroupCannotUpdateDefault");
        }

        if (values.Get("name", row.Name) is var name && name != row.Name && name.Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            throw Errors.Conflict("Default security group already exists.", "SecurityGroupDefaultAlreadyExists");
        }

        if (values.Has("stateful") && values.Get("stateful", true) != row.Stateful && await IsUsedAsync(db, row.Id, cancellationToken))
        {
            throw Errors.Conflict($"Security Group {row.Id} in use.", "SecurityGroupInUse");
        }

        row.Name = values.Get("name", row.Name);
        row.Description = values.Get("description", row.Description);
        row.Stateful = values.Get("stateful", row.Stateful);
        await SaveAsync(db, row, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.SecurityGroup, row.Id, Core.Now, cancellationToken);
    }

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, SecurityGroupRow row, CancellationToken cancellationToken)
    {
        if (await IsUsedAsync(db, row.Id, cancellationToken))
        {
            throw Errors.Conflict($"Security Group {row.Id} in use.", "SecurityGroupInUse");
        }

        if (row.IsDefault && !viewer.Context.IsAdmin)
        {
            throw Errors.Conflict("Insufficient rights for removing default security group.", "SecurityGroupCannotRemoveDefault");
        }

        var remote = await db.GetTable<SecurityGroupRuleRow>().Where(r => r.RemoteGroupId == row.Id && r.SecurityGroupId != row.Id).Select(r => r.SecurityGroupId).FirstOrDefaultAsync(cancellationToken);
        if (remote is not null)
        {
            // Rules of other groups that name this one go with it, as neutron's foreign key does.
            foreach (var group in await db.GetTable<SecurityGroupRuleRow>().Where(r => r.RemoteGroupId == row.Id).Select(r => r.SecurityGroupId).Distinct().ToListAsync(cancellationToken))
            {
                await Pending.AddAsync(db, NetworkResourceKind.SecurityGroup, group, Core.Now, cancellationToken);
            }
        }

        var rules = db.GetTable<SecurityGroupRuleRow>().Where(r => r.SecurityGroupId == row.Id || r.RemoteGroupId == row.Id);
        foreach (var owner in await rules.GroupBy(r => r.ProjectId).Select(g => new { ProjectId = g.Key, Count = g.Count() }).ToListAsync(cancellationToken))
        {
            await QuotaCounter.GiveAsync(db, owner.ProjectId, "security_group_rule", owner.Count, cancellationToken);
        }

        await rules.DeleteAsync(cancellationToken);
        await db.DeleteAsync(row, token: cancellationToken);
        await db.GetTable<DefaultSecurityGroupRow>().Where(d => d.SecurityGroupId == row.Id).DeleteAsync(cancellationToken);
        await QuotaCounter.GiveAsync(db, row.ProjectId, "security_group", 1, cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.SecurityGroup, row.Id, Core.Now, cancellationToken);
    }

    private static Task<bool> IsUsedAsync(DataConnection db, string id, CancellationToken cancellationToken) =>
        db.GetTable<PortSecurityGroupRow>().AnyAsync(p => p.SecurityGroupId == id, cancellationToken);
}
