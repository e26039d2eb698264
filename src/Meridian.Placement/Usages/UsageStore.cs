// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Placement.Allocations;
using Meridian.Platform.Storage;

namespace Meridian.Placement.Usages;

/// <param name="ConsumerType">Null: made before consumers had types.</param>
internal sealed record Usage(string ResourceClass, string? ConsumerType, long Used);

/// <summary>Sums of allocations by project and user.</summary>
internal sealed class UsageStore(Database database)
{
    /// <param name="type">"all" or null for every type, "unknown" for consumers without one.</param>
    public async Task<List<Usage>> SumAsync(string project, string? user, string? type, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows =
            from allocation in db.GetTable<Allocation>()
            join consumer in db.GetTable<Consumer>() on allocation.ConsumerUuid equals consumer.Uuid
            where consumer.ProjectId == project
            select new { allocation, consumer };
        rows = user is null ? rows : rows.Where(r => r.consumer.UserId == user);
        rows = type switch
        {
            null or "all" => rows,
            "unknown" => rows.Where(r => r.consumer.ConsumerType == null),
            _ => rows.Where(r => r.consumer.ConsumerType == type),
        };
        var sums = await rows.GroupBy(r => new { r.allocation.ResourceClass, r.consumer.ConsumerType })
            .Select(g => new { g.Key.ResourceClass, g.Key.ConsumerType, Used = g.Sum(r => r.allocation.Used) }).ToListAsync(cancellationToken);
        return [.. sums.Select(s => new Usage(s.ResourceClass, s.ConsumerType, s.Used))];
    }

    /// <summary>Consumers that hold anything, by type ("unknown" for those without one).</summary>
    public async Task<Dictionary<string, int>> CountConsumersAsync(string project, string? user, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var consumers = db.GetTable<Consumer>().Where(c => c.ProjectId == project);
        consumers = user is null ? consumers : consumers.Where(c => c.UserId == user);
        var counts = await consumers.GroupBy(c => c.ConsumerType).Select(g => new { Type = g.Key, Count = g.Count() }).ToListAsync(cancellationToken);
        return counts.ToDictionary(c => c.Type ?? "unknown", c => c.Count, StringComparer.Ordinal);
    }
}
