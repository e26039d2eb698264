// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.Northbound;
using Meridian.Network.Quotas;
using Meridian.Platform.Storage;

namespace Meridian.Network.SecurityGroups;

/// <summary>The group "default" of each project, made when the project first meets the service: all out, in only from its own members.</summary>
internal sealed class DefaultSecurityGroup(NetworkCore core, QuotaCounter quota)
{
    /// <summary>Makes the group when it is not there, in a transaction of its own.</summary>
    public async Task EnsureAsync(string projectId, CancellationToken cancellationToken)
    {
        if (projectId.Length == 0)
        {
            return;
        }

        await using (var read = core.Database.Open())
        {
            if (await FindAsync(read, projectId, cancellationToken) is not null)
            {
                return;
            }
        }

        await core.WriteAsync(db => EnsureAsync(db, projectId, cancellationToken), cancellationToken);
    }

    /// <returns>The group's id.</returns>
    public async Task<string> EnsureAsync(WriteConnection db, string projectId, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, projectId, cancellationToken) is { } found)
        {
            return found;
        }

        // The group itself is not held against the quota's limit, but counted.
        var row = new SecurityGroupRow
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = projectId, Name = "default", Description = "Default security group", CreatedAt = core.Now, UpdatedAt = core.Now,
        };
        await db.InsertAsync(new DefaultSecurityGroupRow { ProjectId = projectId, SecurityGroupId = row.Id }, token: cancellationToken);
        await quota.TakeAsync(db, projectId, "security_group", 1, cancellationToken, force: true);
        await InsertAsync(db, row, ingress: true, cancellationToken);
        return row.Id;
    }

    /// <summary>Writes a group with the rules that each has from the start.</summary>
    public async Task InsertAsync(WriteConnection db, SecurityGroupRow group, bool ingress, CancellationToken cancellationToken)
    {
        await db.InsertAsync(group, token: cancellationToken);
        var number = await NextNumberAsync(db, cancellationToken);
        foreach (var direction in ingress ? new[] { "egress", "ingress" } : ["egress"])
        {
            foreach (var ethertype in new[] { "IPv4", "IPv6" })
            {
                await quota.TakeAsync(db, group.ProjectId, "security_group_rule", 1, cancellationToken, force: ingress);
                await db.InsertAsync(
                    new SecurityGroupRuleRow
                    {
                        Id = Guid.NewGuid().ToString("D"), Number = number++, ProjectId = group.ProjectId, RevisionNumber = 0, Description = null, SecurityGroupId = group.Id, Direction = direction, Ethertype = ethertype,
                        RemoteGroupId = direction == "ingress" ? group.Id : null, CreatedAt = core.Now, UpdatedAt = core.Now,
                    },
                    token: cancellationToken);
            }
        }

        await Pending.AddAsync(db, NetworkResourceKind.SecurityGroup, group.Id, core.Now, cancellationToken);
    }

    public static async Task<long> NextNumberAsync(DataConnection db, CancellationToken cancellationToken) =>
        (await db.GetTable<SecurityGroupRuleRow>().MaxAsync(r => (long?)r.Number, cancellationToken) ?? 0) + 1;

    private static Task<string?> FindAsync(DataConnection db, string projectId, CancellationToken cancellationToken) =>
        db.GetTable<DefaultSecurityGroupRow>().Where(d => d.ProjectId == projectId).Select(d => d.SecurityGroupId).FirstOrDefaultAsync(cancellationToken);
}
