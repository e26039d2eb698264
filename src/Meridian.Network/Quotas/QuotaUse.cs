// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.FloatingIps;
using Meridian.Network.Networks;
using Meridian.Network.Ports;
using Meridian.Network.Routers;
using Meridian.Network.SecurityGroups;
using Meridian.Network.Subnets;

namespace Meridian.Network.Quotas;

/// <summary>What a project really has of a resource, beside what its quota row counts.</summary>
internal sealed record QuotaUse(string ProjectId, string Resource, int Counted, int Actual)
{
    public static async Task<List<QuotaUse>> CountAsync(DataConnection db, CancellationToken cancellationToken)
    {
        var actual = new Dictionary<(string, string), int>();
        await AddAsync(db.GetTable<NetworkRow>(), "network", actual, cancellationToken);
        await AddAsync(db.GetTable<SubnetRow>(), "subnet", actual, cancellationToken);
        await AddAsync(db.GetTable<PortRow>(), "port", actual, cancellationToken);
        await AddAsync(db.GetTable<RouterRow>(), "router", actual, cancellationToken);
        await AddAsync(db.GetTable<FloatingIpRow>(), "floatingip", actual, cancellationToken);
        await AddAsync(db.GetTable<SecurityGroupRow>(), "security_group", actual, cancellationToken);
        await AddAsync(db.GetTable<SecurityGroupRuleRow>(), "security_group_rule", actual, cancellationToken);
        var counted = (await db.GetTable<QuotaRow>().ToListAsync(cancellationToken)).ToDictionary(q => (q.ProjectId, q.Resource), q => q.Used);
        return [.. actual.Keys.Union(counted.Keys).Select(k => new QuotaUse(k.Item1, k.Item2, counted.GetValueOrDefault(k), actual.GetValueOrDefault(k)))];
    }

    private static async Task AddAsync<TRow>(IQueryable<TRow> rows, string resource, Dictionary<(string, string), int> into, CancellationToken cancellationToken)
        where TRow : StandardRow
    {
        foreach (var group in await rows.Where(r => r.ProjectId != "").GroupBy(r => r.ProjectId).Select(g => new { ProjectId = g.Key, Count = g.Count() }).ToListAsync(cancellationToken))
        {
            into[(group.ProjectId, resource)] = group.Count;
        }
    }
}
