// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Network.Api;
using Meridian.Network.Ipam;

namespace Meridian.Network.Ports;

/// <summary>Filters of ports that are more than one column.</summary>
internal static class PortFilters
{
    /// <summary><c>fixed_ips=ip_address=10.0.0.4</c>, <c>subnet_id=…</c>, <c>ip_address_substr=10.0.</c>; several must all hold.</summary>
    public static IQueryable<PortRow> FixedIps(IQueryable<PortRow> rows, IReadOnlyList<string> values)
    {
        var db = Internals(rows);
        foreach (var group in values.Select(v => v.Split('=', 2)).Where(p => p.Length == 2).GroupBy(p => p[0], p => p[1]))
        {
            var wanted = group.ToList();
            var allocations = db.GetTable<IpAllocation>();
            rows = group.Key switch
            {
                "ip_address" => rows.Where(r => allocations.Any(a => a.PortId == r.Id && wanted.Contains(a.Address))),
                "subnet_id" or "subnet" => rows.Where(r => allocations.Any(a => a.PortId == r.Id && wanted.Contains(a.SubnetId))),
                "ip_address_substr" => rows.Where(r => allocations.Any(a => a.PortId == r.Id && a.Address.Contains(wanted[0]))),
                _ => throw Errors.BadRequest($"['{group.Key}'] is invalid attribute for filtering"),
            };
        }

        return rows;
    }

    public static IQueryable<PortRow> SecurityGroups(IQueryable<PortRow> rows, IReadOnlyList<string> values)
    {
        var groups = Internals(rows).GetTable<PortSecurityGroupRow>();
        var wanted = values.ToList();
        return rows.Where(r => groups.Any(g => g.PortId == r.Id && wanted.Contains(g.SecurityGroupId)));
    }

    /// <summary>Written in any case and with either separator.</summary>
    public static IQueryable<PortRow> Mac(IQueryable<PortRow> rows, IReadOnlyList<string> values)
    {
        var wanted = values.Select(v => MacAddress.TryNormalize(v, out var mac) ? mac : v).ToList();
        return rows.Where(r => wanted.Contains(r.MacAddress));
    }

    /// <summary><c>network:router_interface</c> also stands for its distributed and HA kinds upstream; here there is one.</summary>
    public static IQueryable<PortRow> Owner(IQueryable<PortRow> rows, IReadOnlyList<string> values)
    {
        var wanted = values.ToList();
        return rows.Where(r => wanted.Contains(r.DeviceOwner));
    }

    private static IDataContext Internals(IQueryable<PortRow> rows) => LinqToDB.Internal.Linq.Internals.GetDataContext(rows) ?? throw new InvalidOperationException("The query is of no database.");
}
