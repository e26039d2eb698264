// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Mapping;

using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Compute.QuotaSets;

/// <summary>A limit that differs from the configured one. The project "class default" stands for everybody's.</summary>
[Table("quota_limits")]
internal sealed class QuotaLimit
{
    [Column("project_id"), PrimaryKey(1)]
    public string ProjectId { get; init; } = "";

    [Column("resource"), PrimaryKey(2)]
    public string Resource { get; init; } = "";

    [Column("amount")]
    public int Amount { get; init; }
}

/// <summary>What a project uses of a resource: changed in the transaction that writes the resource (DESIGN 10).</summary>
[Table("quota_uses")]
internal sealed class QuotaUse
{
    [Column("project_id"), PrimaryKey(1)]
    public string ProjectId { get; init; } = "";

    [Column("resource"), PrimaryKey(2)]
    public string Resource { get; init; } = "";

    [Column("amount")]
    public long Amount { get; init; }
}

/// <summary>Amounts of what servers use up.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct ServerUse(int Instances, int Cores, int RamMib)
{
    public IEnumerable<(string Resource, int Amount)> Parts => [("instances", Instances), ("cores", Cores), ("ram", RamMib)];

    public static ServerUse operator -(ServerUse use) => new(-use.Instances, -use.Cores, -use.RamMib);

    public static ServerUse operator *(ServerUse use, int times) => new(use.Instances * times, use.Cores * times, use.RamMib * times);
}

/// <summary>Quotas of projects: limits by configuration and override, uses by compare-and-set.</summary>
internal sealed class Quotas(Database database, ServiceConfig config)
{
    /// <summary>The class whose limits are everybody's defaults.</summary>
    public const string DefaultClass = "class default";

    public const string ServerGroups = "server_groups";
    public const string ServerGroupMembers = "server_group_members";

    /// <summary>Every resource of os-quota-sets in the order that the API shows; the network ones only before 2.36.</summary>
    public static IReadOnlyList<string> Resources { get; } = ["cores", "instances", "key_pairs", "metadata_items", "ram", ServerGroups, ServerGroupMembers];

    /// <summary>Shown and kept before 2.57 and 2.36; nothing reaches these limits: files are not injected, and the network service counts its own.</summary>
    public static IReadOnlyList<(string Name, int Limit)> Injected { get; } = [("injected_file_content_bytes", 10240), ("injected_file_path_bytes", 255), ("injected_files", 5)];

    public static IReadOnlyList<(string Name, int Limit)> Networking { get; } = [("fixed_ips", -1), ("floating_ips", -1), ("security_group_rules", -1), ("security_groups", -1)];

    public int DefaultOf(string resource) => resource switch
    {
        "instances" => config.Get(QuotaOptions.Instances),
        "cores" => config.Get(QuotaOptions.Cores),
        "ram" => config.Get(QuotaOptions.Ram),
        "metadata_items" => config.Get(QuotaOptions.MetadataItems),
        "key_pairs" => config.Get(QuotaOptions.KeyPairs),
        ServerGroups => config.Get(QuotaOptions.ServerGroups),
        ServerGroupMembers => config.Get(QuotaOptions.ServerGroupMembers),
        _ => Injected.Concat(Networking).First(r => r.Name == resource).Limit,
    };

    /// <summary>One limit of a project.</summary>
    public async Task<int> LimitAsync(string projectId, string resource, CancellationToken cancellationToken) => (await LimitsAsync(projectId, cancellationToken))[resource];

    /// <summary>All limits of a project (or of the default class), defaults filled in.</summary>
    public async Task<Dictionary<string, int>> LimitsAsync(string projectId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = await db.GetTable<QuotaLimit>().Where(l => l.ProjectId == projectId || l.ProjectId == DefaultClass).ToListAsync(cancellationToken);
        return Resources.Concat(Injected.Concat(Networking).Select(r => r.Name)).ToDictionary(resource => resource, resource => LimitOf(rows, projectId, resource), StringComparer.Ordinal);
    }

    public async Task<Dictionary<string, long>> UsesAsync(string projectId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<QuotaUse>().Where(u => u.ProjectId == projectId).ToDictionaryAsync(u => u.Resource, u => u.Amount, cancellationToken);
    }

    public async Task SetAsync(string projectId, IReadOnlyDictionary<string, int> limits, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        foreach (var (resource, amount) in limits)
        {
            await db.GetTable<QuotaLimit>().DeleteAsync(l => l.ProjectId == projectId && l.Resource == resource, cancellationToken);
            await db.InsertAsync(new QuotaLimit { ProjectId = projectId, Resource = resource, Amount = amount }, token: cancellationToken);
        }

        await db.CommitAsync(cancellationToken);
    }

    public async Task ResetAsync(string projectId, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<QuotaLimit>().DeleteAsync(l => l.ProjectId == projectId, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Takes what new servers use, in the caller's transaction.</summary>
    /// <returns>The resources that would pass their limits, with use and limit; empty when all was taken.</returns>
    public async Task<IReadOnlyList<OverQuota>> TryTakeAsync(WriteConnection db, string projectId, ServerUse use, CancellationToken cancellationToken)
    {
        var limits = await db.GetTable<QuotaLimit>().Where(l => l.ProjectId == projectId || l.ProjectId == DefaultClass).ToListAsync(cancellationToken);
        var over = new List<OverQuota>();
        foreach (var (resource, amount) in use.Parts)
        {
            var limit = LimitOf(limits, projectId, resource);
            if (!await TryAddAsync(db, projectId, resource, amount, limit, cancellationToken))
            {
                var used = await db.GetTable<QuotaUse>().Where(u => u.ProjectId == projectId && u.Resource == resource).Select(u => u.Amount).FirstOrDefaultAsync(cancellationToken);
                over.Add(new(resource, amount, used, limit));
            }
        }

        return over;
    }

    /// <summary>Takes one of a resource that is counted by itself, in the caller's transaction.</summary>
    /// <returns>False when the limit is reached.</returns>
    public async Task<bool> TryTakeAsync(WriteConnection db, string projectId, string resource, CancellationToken cancellationToken) =>
        await TryAddAsync(db, projectId, resource, 1, await LimitAsync(db, projectId, resource, cancellationToken), cancellationToken);

    public async Task<int> LimitAsync(WriteConnection db, string projectId, string resource, CancellationToken cancellationToken) => LimitOf(
        await db.GetTable<QuotaLimit>().Where(l => (l.ProjectId == projectId || l.ProjectId == DefaultClass) && l.Resource == resource).ToListAsync(cancellationToken), projectId, resource);

    public static Task ReturnAsync(WriteConnection db, string projectId, string resource, CancellationToken cancellationToken) =>
        db.GetTable<QuotaUse>().Where(u => u.ProjectId == projectId && u.Resource == resource && u.Amount > 0).Set(u => u.Amount, u => u.Amount - 1).UpdateAsync(cancellationToken);

    /// <summary>Gives back what a deleted server used, in the caller's transaction.</summary>
    public static async Task ReturnAsync(WriteConnection db, string projectId, ServerUse use, CancellationToken cancellationToken)
    {
        foreach (var (resource, amount) in use.Parts)
        {
            await db.GetTable<QuotaUse>().Where(u => u.ProjectId == projectId && u.Resource == resource)
                .Set(u => u.Amount, u => u.Amount < amount ? 0 : u.Amount - amount).UpdateAsync(cancellationToken);
        }
    }

    /// <summary>Gives parts back that a try took which failed for others.</summary>
    public async Task GiveBackAsync(WriteConnection db, string projectId, IEnumerable<(string Resource, int Amount)> parts, CancellationToken cancellationToken)
    {
        foreach (var (resource, amount) in parts)
        {
            await db.GetTable<QuotaUse>().Where(u => u.ProjectId == projectId && u.Resource == resource)
                .Set(u => u.Amount, u => u.Amount - amount).UpdateAsync(cancellationToken);
        }
    }

    // One statement compares and sets; a first use inserts the row.
    private static async Task<bool> TryAddAsync(WriteConnection db, string projectId, string resource, int amount, int limit, CancellationToken cancellationToken)
    {
        var rows = db.GetTable<QuotaUse>().Where(u => u.ProjectId == projectId && u.Resource == resource);
        var fits = limit < 0 ? rows : rows.Where(u => u.Amount + amount <= limit);
        if (await fits.Set(u => u.Amount, u => u.Amount + amount).UpdateAsync(cancellationToken) == 1)
        {
            return true;
        }

        if (await rows.AnyAsync(cancellationToken) || (limit >= 0 && amount > limit))
        {
            return false;
        }

        await db.InsertAsync(new QuotaUse { ProjectId = projectId, Resource = resource, Amount = amount }, token: cancellationToken);
        return true;
    }

    private int LimitOf(List<QuotaLimit> rows, string projectId, string resource) =>
        (rows.FirstOrDefault(l => l.Resource == resource && l.ProjectId == projectId) ?? rows.FirstOrDefault(l => l.Resource == resource))?.Amount ?? DefaultOf(resource);
}

internal sealed record OverQuota(string Resource, int Asked, long Used, int Limit);
