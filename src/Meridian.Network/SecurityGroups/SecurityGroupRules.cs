// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Network.Api;
using Meridian.Network.Drivers;
using Meridian.Network.Ipam;
using Meridian.Network.Networks;
using Meridian.Network.Northbound;
using Meridian.Network.Quotas;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Network.SecurityGroups;

/// <summary>/security-group-rules. Source: Networking API reference, "Security group rules".</summary>
internal sealed class SecurityGroupRulesResource(NetworkCore core, QuotaCounter quota, DefaultSecurityGroup defaults) : NetworkResource<SecurityGroupRuleRow>(core)
{
    private static readonly Field<SecurityGroupRuleRow>[] Table =
    [
        StandardFields.Id<SecurityGroupRuleRow>(),
        new("security_group_id", (json, r) => json.WriteStringValue(r.SecurityGroupId)) { Post = Read.Text(64), Required = true, Filter = Filter.Text<SecurityGroupRuleRow>(r => r.SecurityGroupId), Sort = r => r.SecurityGroupId },
        new("ethertype", (json, r) => json.WriteStringValue(r.Ethertype)) { Post = RuleValues.Ethertype, Default = "IPv4", Filter = Filter.Text<SecurityGroupRuleRow>(r => r.Ethertype), Sort = r => r.Ethertype },
        new("direction", (json, r) => json.WriteStringValue(r.Direction)) { Post = Read.OneOf("ingress", "egress"), Required = true, Filter = Filter.Text<SecurityGroupRuleRow>(r => r.Direction), Sort = r => r.Direction },
        new("protocol", (json, r) => json.WriteStringValue(r.Protocol)) { Post = RuleValues.Protocol, Filter = Filter.Text<SecurityGroupRuleRow>(r => r.Protocol), Sort = r => r.Protocol },
        new("port_range_min", (json, r) => NetworksResource.WriteInt(json, r.PortRangeMin)) { Post = RuleValues.Port, Filter = Filter.Int<SecurityGroupRuleRow>(r => r.PortRangeMin), Sort = r => r.PortRangeMin },
        new("port_range_max", (json, r) => NetworksResource.WriteInt(json, r.PortRangeMax)) { Post = RuleValues.Port, Filter = Filter.Int<SecurityGroupRuleRow>(r => r.PortRangeMax), Sort = r => r.PortRangeMax },
        new("remote_ip_prefix", (json, r) => json.WriteStringValue(r.RemoteIpPrefix)) { Post = RuleValues.Prefix, Filter = Filter.Text<SecurityGroupRuleRow>(r => r.RemoteIpPrefix), Sort = r => r.RemoteIpPrefix },
        new("normalized_cidr", (json, r) => json.WriteStringValue(r.NormalizedCidr)),
        new("remote_address_group_id", (json, _) => json.WriteNullValue()) { Post = Read.OrNull(Read.Uuid) },
        new("remote_group_id", (json, r) => json.WriteStringValue(r.RemoteGroupId)) { Post = Read.OrNull(Read.Text(64)), Filter = Filter.Text<SecurityGroupRuleRow>(r => r.RemoteGroupId), Sort = r => r.RemoteGroupId },
        new("standard_attr_id", (json, r) => json.WriteNumberValue(r.Number)),
        .. StandardFields.Rest<SecurityGroupRuleRow>(),
    ];

    public override string Singular => "security_group_rule";

    public override IReadOnlyList<Field<SecurityGroupRuleRow>> Fields => Table;

    public static void WriteAll(Utf8JsonWriter json, IEnumerable<SecurityGroupRuleRow> rules)
    {
        json.WriteStartArray();
        foreach (var rule in rules)
        {
            json.WriteStartObject();
            foreach (var field in Table)
            {
                json.WritePropertyName(field.Name);
                field.Write(json, rule);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public override IQueryable<SecurityGroupRuleRow> Visible(DataConnection db, Viewer viewer)
    {
        var project = viewer.ProjectId;
        var groups = db.GetTable<SecurityGroupRow>();
        return viewer.SeesAll
            ? db.GetTable<SecurityGroupRuleRow>()
            : db.GetTable<SecurityGroupRuleRow>().Where(r => r.ProjectId == project || groups.Any(g => g.Id == r.SecurityGroupId && g.ProjectId == project));
    }

    public override ApiException NotFound(string id) => Errors.NotFound($"Security group rule {id} does not exist", "SecurityGroupRuleNotFound");

    public override Task PrepareAsync(Viewer viewer, string projectId, CancellationToken cancellationToken) => defaults.EnsureAsync(projectId, cancellationToken);

    public override async Task<PolicyTarget> TargetAsync(DataConnection db, SecurityGroupRuleRow row, CancellationToken cancellationToken)
    {
        var owner = await db.GetTable<SecurityGroupRow>().Where(g => g.Id == row.SecurityGroupId).Select(g => g.ProjectId).FirstOrDefaultAsync(cancellationToken);
        return new(row.ProjectId, attributes: new Dictionary<string, object?> { ["security_group:project_id"] = owner ?? "" });
    }

    public override async Task<SecurityGroupRuleRow> CreateAsync(WriteConnection db, Viewer viewer, string projectId, Values values, CancellationToken cancellationToken)
    {
        var groupId = values.Require<string>("security_group_id");
        var group = await FindGroupAsync(db, viewer, groupId, cancellationToken);
        var remote = values.Get<string?>("remote_group_id", null);
        if (remote is not null)
        {
            await FindGroupAsync(db, viewer, remote, cancellationToken);
        }

        if (values.Get<string?>("remote_address_group_id", null) is { } addressGroup)
        {
            throw Errors.NotFound($"Address group {addressGroup} could not be found.", "AddressGroupNotFound");
        }

        var ethertype = values.Get("ethertype", "IPv4");
        var prefix = values.Get<string?>("remote_ip_prefix", null);
        var rule = new SecurityGroupRuleRow
        {
            Id = Guid.NewGuid().ToString("D"), ProjectId = projectId, RevisionNumber = 0, Description = values.Get("description", ""), SecurityGroupId = group.Id, Direction = values.Require<string>("direction"),
            Ethertype = ethertype, Protocol = RuleValues.Canonical(values.Get<string?>("protocol", null), ethertype), PortRangeMin = values.Get<int?>("port_range_min", null),
            PortRangeMax = values.Get<int?>("port_range_max", null), RemoteGroupId = remote, RemoteIpPrefix = prefix, NormalizedCidr = prefix is null ? null : IpCidr.Parse(prefix).ToString(),
            Number = await DefaultSecurityGroup.NextNumberAsync(db, cancellationToken), CreatedAt = Core.Now, UpdatedAt = Core.Now,
        };
        RuleValues.Check(rule);
        await CheckDuplicateAsync(db, rule, cancellationToken);
        await quota.TakeAsync(db, projectId, "security_group_rule", 1, cancellationToken);
        await db.InsertAsync(rule, token: cancellationToken);
        await TouchAsync(db, group.Id, cancellationToken);
        return rule;
    }

    public override Task UpdateAsync(WriteConnection db, Viewer viewer, SecurityGroupRuleRow row, Values values, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("Rules are not updated; there is no such route.");

    public override async Task DeleteAsync(WriteConnection db, Viewer viewer, SecurityGroupRuleRow row, CancellationToken cancellationToken)
    {
        await db.DeleteAsync(row, token: cancellationToken);
        await QuotaCounter.GiveAsync(db, row.ProjectId, "security_group_rule", 1, cancellationToken);
        await TouchAsync(db, row.SecurityGroupId, cancellationToken);
    }

    private static async Task<SecurityGroupRow> FindGroupAsync(DataConnection db, Viewer viewer, string id, CancellationToken cancellationToken) =>
        await db.GetTable<SecurityGroupRow>().FirstOrDefaultAsync(g => g.Id == id, cancellationToken) is { } group && (viewer.SeesAll || group.ProjectId == viewer.ProjectId)
            ? group
            : throw Errors.SecurityGroupNotFound(id);

    /// <summary>Two rules that let the same packets through are one, however they are written: a missing prefix is 0.0.0.0/0.</summary>
    private static async Task CheckDuplicateAsync(DataConnection db, SecurityGroupRuleRow rule, CancellationToken cancellationToken)
    {
        var others = await db.GetTable<SecurityGroupRuleRow>().Where(r => r.SecurityGroupId == rule.SecurityGroupId && r.Direction == rule.Direction && r.Ethertype == rule.Ethertype).ToListAsync(cancellationToken);
        if (others.FirstOrDefault(o => Same(o, rule)) is { } same)
        {
            throw Errors.Conflict($"Security group rule already exists. Rule id is {same.Id}.", "SecurityGroupRuleExists");
        }

        static bool Same(SecurityGroupRuleRow a, SecurityGroupRuleRow b) =>
            RuleValues.Number(a.Protocol) == RuleValues.Number(b.Protocol) && a.PortRangeMin == b.PortRangeMin && a.PortRangeMax == b.PortRangeMax && a.RemoteGroupId == b.RemoteGroupId
            && Prefix(a) == Prefix(b);

        static string? Prefix(SecurityGroupRuleRow r) => r.RemoteGroupId is not null ? null : r.NormalizedCidr ?? (r.Ethertype == "IPv4" ? "0.0.0.0/0" : "::/0");
    }

    private async Task TouchAsync(WriteConnection db, string groupId, CancellationToken cancellationToken)
    {
        var now = Core.Now;
        await db.GetTable<SecurityGroupRow>().Where(g => g.Id == groupId).Set(g => g.RevisionNumber, g => g.RevisionNumber + 1).Set(g => g.UpdatedAt, now).UpdateAsync(cancellationToken);
        await Pending.AddAsync(db, NetworkResourceKind.SecurityGroup, groupId, now, cancellationToken);
    }
}
