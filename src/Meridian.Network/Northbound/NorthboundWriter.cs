// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Network.Drivers;
using Meridian.Network.FloatingIps;
using Meridian.Platform.Storage;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Network.Northbound;

/// <summary>
/// The one writer to the backend: takes pending changes, reads what the database says now, and makes the backend equal to it. It is woken by commits and
/// looks by itself now and then; what fails stays pending and is tried again with growing waits, without holding up the rest (DESIGN 23).
/// </summary>
internal sealed partial class NorthboundWriter(
    Database database, INetworkDriver driver, StateReader states, ChangeSignal signal, TimeProvider clock, ILogger<NorthboundWriter> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private static readonly NetworkResourceKind[] Order =
    [
        NetworkResourceKind.Network, NetworkResourceKind.Subnet, NetworkResourceKind.SecurityGroup, NetworkResourceKind.Port, NetworkResourceKind.Router, NetworkResourceKind.FloatingIp,
    ];

    private readonly Dictionary<(NetworkResourceKind Kind, string Id), (int Attempts, DateTimeOffset NotBefore)> failed = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await ApplyAsync(stoppingToken))
                {
                    await ChangeSignal.WaitAsync(signal.Writer, Idle, clock, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogLoop(logger, exception);
                await Task.Delay(Idle, clock, stoppingToken);
            }
        }
    }

    /// <summary>Applies one batch.</summary>
    /// <returns>False when nothing could be done now.</returns>
    internal async Task<bool> ApplyAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        List<PendingChange> pending;
        await using (var db = database.Open())
        {
            pending = await db.GetTable<PendingChange>().OrderBy(c => c.Sequence).Take(BatchSize + failed.Count).ToListAsync(cancellationToken);
        }

        var last = new Dictionary<(NetworkResourceKind Kind, string Id), long>();
        foreach (var change in pending)
        {
            var key = (Enum.Parse<NetworkResourceKind>(change.Kind), change.ResourceId);
            if (!failed.TryGetValue(key, out var failure) || failure.NotBefore <= now)
            {
                last[key] = change.Sequence;
            }
        }

        if (last.Count == 0)
        {
            return false;
        }

        var done = new List<(NetworkResourceKind Kind, string Id)>();
        var wanted = new Dictionary<NetworkResourceKind, Dictionary<string, Func<Task>>>();
        foreach (var kind in Order)
        {
            wanted[kind] = await ReadAsync(kind, [.. last.Keys.Where(k => k.Kind == kind).Select(k => k.Id)], cancellationToken);
        }

        // What is gone goes first and from the leaves: its addresses may belong to others already.
        foreach (var kind in Order.Reverse())
        {
            foreach (var key in last.Keys.Where(k => k.Kind == kind && !wanted[kind].ContainsKey(k.Id)))
            {
                await TryAsync(key, () => driver.DeleteAsync(key.Kind, key.Id, cancellationToken), done, cancellationToken);
            }
        }

        foreach (var kind in Order)
        {
            foreach (var (id, ensure) in wanted[kind])
            {
                await TryAsync((kind, id), ensure, done, cancellationToken);
            }
        }

        await ForgetAsync(done.ConvertAll(key => (key.Kind, key.Id, last[key])), cancellationToken);
        return done.Count > 0;
    }

    private async Task<Dictionary<string, Func<Task>>> ReadAsync(NetworkResourceKind kind, List<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        return kind switch
        {
            NetworkResourceKind.Network => (await states.NetworksAsync(ids, cancellationToken)).ToDictionary(s => s.Id, s => (Func<Task>)(() => driver.EnsureNetworkAsync(s, cancellationToken))),
            NetworkResourceKind.Subnet => (await states.SubnetsAsync(ids, cancellationToken)).ToDictionary(s => s.Id, s => (Func<Task>)(() => driver.EnsureSubnetAsync(s, cancellationToken))),
            NetworkResourceKind.SecurityGroup => (await states.SecurityGroupsAsync(ids, cancellationToken)).ToDictionary(s => s.Id, s => (Func<Task>)(() => driver.EnsureSecurityGroupAsync(s, cancellationToken))),
            NetworkResourceKind.Port => (await states.PortsAsync(ids, cancellationToken)).ToDictionary(s => s.Id, s => (Func<Task>)(() => driver.EnsurePortAsync(s, cancellationToken))),
            NetworkResourceKind.Router => (await states.RoutersAsync(ids, cancellationToken)).ToDictionary(s => s.Id, s => (Func<Task>)(() => driver.EnsureRouterAsync(s, cancellationToken))),
            _ => (await states.FloatingIpsAsync(ids, cancellationToken)).ToDictionary(s => s.Id, s => (Func<Task>)(() => EnsureFloatingIpAsync(s, cancellationToken))),
        };
    }

    /// <summary>A floating IP is ACTIVE once the backend translates it.</summary>
    private async Task EnsureFloatingIpAsync(FloatingIpState state, CancellationToken cancellationToken)
    {
        await driver.EnsureFloatingIpAsync(state, cancellationToken);
        var (status, port) = (state.RouterId is null ? "DOWN" : "ACTIVE", state.PortId);
        await using (var read = database.Open())
        {
            if (await read.GetTable<FloatingIpRow>().AnyAsync(f => f.Id == state.Id && f.Status == status, cancellationToken))
            {
                return;
            }
        }

        await using var db = await database.BeginAsync(cancellationToken);
        var rows = db.GetTable<FloatingIpRow>().Where(f => f.Id == state.Id);
        await (port is null ? rows.Where(f => f.PortId == null) : rows.Where(f => f.PortId == port)).Set(f => f.Status, status).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    private async Task TryAsync(
        (NetworkResourceKind Kind, string Id) key, Func<Task> change, List<(NetworkResourceKind, string)> done, CancellationToken cancellationToken)
    {
        try
        {
            await change();
            failed.Remove(key);
            done.Add(key);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var attempts = (failed.TryGetValue(key, out var before) ? before.Attempts : 0) + 1;
            var wait = TimeSpan.FromMilliseconds(Math.Min(LongestWait.TotalMilliseconds, 200 * Math.Pow(2, Math.Min(attempts, 10))));
            failed[key] = (attempts, clock.GetUtcNow() + wait);
            LogFailed(logger, exception.Message, key.Kind, key.Id, attempts, wait);
        }
    }

    /// <summary>Only up to the change that was read: a later one is applied again.</summary>
    private async Task ForgetAsync(List<(NetworkResourceKind Kind, string Id, long Sequence)> done, CancellationToken cancellationToken)
    {
        if (done.Count == 0)
        {
            return;
        }

        await using var db = await database.BeginAsync(cancellationToken);
        foreach (var kind in done.GroupBy(d => d.Kind))
        {
            var name = kind.Key.ToString();
            var ids = kind.Select(d => d.Id).ToList();
            var most = kind.Max(d => d.Sequence);
            if (kind.All(d => d.Sequence == most) || ids.Count == 1)
            {
                await db.GetTable<PendingChange>().Where(c => c.Kind == name && ids.Contains(c.ResourceId) && c.Sequence <= most).DeleteAsync(cancellationToken);
                continue;
            }

            foreach (var (_, id, sequence) in kind)
            {
                await db.GetTable<PendingChange>().Where(c => c.Kind == name && c.ResourceId == id && c.Sequence <= sequence).DeleteAsync(cancellationToken);
            }
        }

        await db.CommitAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Id} could not be written to the network backend (attempt {Attempts}, again in {Wait}): {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason, NetworkResourceKind kind, string id, int attempts, TimeSpan wait);

    [LoggerMessage(Level = LogLevel.Error, Message = "The writer to the network backend failed and goes on")]
    private static partial void LogLoop(ILogger logger, Exception exception);
}
