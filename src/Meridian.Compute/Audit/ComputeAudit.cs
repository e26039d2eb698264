// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Compute.Agent;
using Meridian.Compute.Hypervisors;
using Meridian.Compute.Scheduling;
using Meridian.Compute.Servers;
using Meridian.Compute.Services;
using Meridian.Contracts.Network;
using Meridian.Platform.Messaging;
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Audit;

/// <summary>
/// Holds servers against what placement, the network service and the hosts say, and quotas against servers; changes nothing. Part of nova-conductor.
/// Servers that something is being done to are left out.
/// </summary>
public sealed class ComputeAudit
{
    private readonly Database database;
    private readonly HostStore hosts;
    private readonly Neighbours neighbours;
    private readonly IMessageBus bus;
    private readonly ISagaQueue sagas;

    internal ComputeAudit(Database database, HostStore hosts, Neighbours neighbours, IMessageBus bus, ISagaQueue sagas)
    {
        this.database = database;
        this.hosts = hosts;
        this.neighbours = neighbours;
        this.bus = bus;
        this.sagas = sagas;
    }

    /// <summary>Everything that does not agree, a sentence each; empty when all is well. What only one of two looks finds was on its way.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        var first = await LookAsync(cancellationToken);
        if (first.Count == 0)
        {
            return first;
        }

        var second = await LookAsync(cancellationToken);
        return [.. first.Intersect(second, StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancellationToken)
    {
        // The others first, the servers last: what was made in between has its server then.
        var hypervisors = await hosts.ListHypervisorsAsync(cancellationToken);
        var held = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>>(StringComparer.Ordinal);
        foreach (var hypervisor in hypervisors)
        {
            held[hypervisor.Uuid] = await neighbours.Placement(null).FindProviderAllocationsAsync(hypervisor.Uuid, cancellationToken)
                ?? new Dictionary<string, IReadOnlyDictionary<string, long>>(StringComparer.Ordinal);
        }

        var ports = await neighbours.Network(null).ListPortsAsync(cancellationToken: cancellationToken);
        var findings = new List<string>();
        var contents = await ReadHostsAsync(hypervisors, findings, cancellationToken);
        await using var db = database.Open();
        var servers = (await db.GetTable<Server>().Where(s => s.DeletedAt == null).ToListAsync(cancellationToken)).ToDictionary(s => s.Id, StringComparer.Ordinal);
        CheckAllocations(servers, hypervisors, held, findings);
        CheckPorts(servers, ports, findings);
        CheckGuests(servers, contents, findings);
        var uses = await db.GetTable<QuotaSets.QuotaUse>().ToListAsync(cancellationToken);
        CheckQuotas(servers.Values, uses, findings);
        CheckGroups(await db.GetTable<ServerGroups.ServerGroup>().ToListAsync(cancellationToken), uses, findings);
        foreach (var saga in (await sagas.ListAsync(cancellationToken)).Where(s => s.State == SagaState.Stuck))
        {
            findings.Add($"Saga {saga.Name} {saga.Id} of server {saga.Subject} is stuck: {saga.Failure?.Details ?? saga.Failure?.Message}");
        }

        return findings;
    }

    private async Task<Dictionary<string, HostContents>> ReadHostsAsync(IReadOnlyList<Hypervisor> hypervisors, List<string> findings, CancellationToken cancellationToken)
    {
        var contents = new Dictionary<string, HostContents>(StringComparer.Ordinal);
        foreach (var host in hypervisors.Select(h => h.Host).Distinct(StringComparer.Ordinal))
        {
            if (await hosts.FindComputeAsync(host, cancellationToken) is not { } service || !hosts.IsUp(service))
            {
                findings.Add($"Host {host} is down: its guests were not looked at.");
                continue;
            }

            try
            {
                contents[host] = await bus.CallAsync(ComputeTopic.Of(host), ComputeTopic.Contents, new GuestRef(host, ""), TimeSpan.FromSeconds(20), null, cancellationToken);
            }
            catch (Exception exception) when (exception is BusTimeoutException or BusUnavailableException or RemoteException)
            {
                findings.Add($"Host {host} does not say what it has: {exception.Message}");
            }
        }

        return contents;
    }

    private static bool IsSettled(Server server) => server.TaskState is null && server.VmState != VmStates.Building;

    private static void CheckAllocations(
        Dictionary<string, Server> servers, IReadOnlyList<Hypervisor> hypervisors,
        Dictionary<string, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>> held, List<string> findings)
    {
        foreach (var hypervisor in hypervisors)
        {
            foreach (var (consumer, _) in held[hypervisor.Uuid])
            {
                if (!servers.TryGetValue(consumer, out var server))
                {
                    findings.Add($"Consumer {consumer} holds resources of host {hypervisor.Host} at placement, and there is no such server.");
                }
                else if (IsSettled(server) && server.Host != hypervisor.Host)
                {
                    findings.Add($"Server {consumer} holds resources of host {hypervisor.Host} at placement, and is {(server.Host is null ? "on no host" : "on " + server.Host)}.");
                }
            }
        }

        foreach (var server in servers.Values.Where(s => IsSettled(s) && s.Host is not null))
        {
            var flavor = server.Flavor();
            var wanted = HostSelector.ResourcesOf(new()
            {
                ServerId = server.Id, ProjectId = server.ProjectId, UserId = server.UserId, Vcpus = flavor.Vcpus, MemoryMib = flavor.MemoryMib, DiskGib = CreateServerSaga.DiskOf(flavor),
            });
            var actual = hypervisors.Where(h => h.Host == server.Host).Select(h => held[h.Uuid].GetValueOrDefault(server.Id)).FirstOrDefault(h => h is not null);
            if (actual is null)
            {
                findings.Add($"Server {server.Id} is on host {server.Host} and holds nothing there at placement.");
            }
            else if (actual.Count != wanted.Count || wanted.Any(w => actual.GetValueOrDefault(w.Key) != w.Value))
            {
                findings.Add($"Server {server.Id} needs {Text(wanted)} and holds {Text(actual)} at placement.");
            }
        }
    }

    private static string Text(IReadOnlyDictionary<string, long> resources) => string.Join(", ", resources.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Value} {r.Key}"));

    private static void CheckPorts(Dictionary<string, Server> servers, IReadOnlyList<PortInfo> ports, List<string> findings)
    {
        foreach (var port in ports.Where(p => p.DeviceOwner.StartsWith("compute:", StringComparison.Ordinal) && !servers.ContainsKey(p.DeviceId)))
        {
            findings.Add($"Port {port.Id} belongs to server {port.DeviceId}, and there is no such server.");
        }

        var known = ports.Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var server in servers.Values.Where(IsSettled))
        {
            var own = server.NetworkInfo().Select(i => i.PortId).ToHashSet(StringComparer.Ordinal);
            findings.AddRange(own.Where(id => !known.Contains(id)).Select(id => $"Server {server.Id} has port {id}, and the network service has no such port."));
            findings.AddRange(ports.Where(p => p.DeviceId == server.Id && !own.Contains(p.Id)).Select(p => $"Port {p.Id} belongs to server {server.Id}, which does not know it."));
        }
    }

    private static void CheckGuests(Dictionary<string, Server> servers, Dictionary<string, HostContents> contents, List<string> findings)
    {
        foreach (var (host, there) in contents)
        {
            var guests = there.Guests.Select(g => g.ServerId).ToHashSet(StringComparer.Ordinal);
            foreach (var id in guests.Where(id => !servers.TryGetValue(id, out var server) || (IsSettled(server) && server.Host != host)))
            {
                findings.Add($"Guest {id} is on host {host}, and no server should be there.");
            }

            foreach (var files in there.Files.Where(f => !guests.Contains(f.ServerId) && (!servers.TryGetValue(f.ServerId, out var server) || (IsSettled(server) && server.Host != host))))
            {
                findings.Add($"Files of {files.ServerId} are on host {host} ({files.Bytes} bytes), and no server should be there.");
            }

            foreach (var server in servers.Values.Where(s => s.Host == host && IsSettled(s) && s.VmState is VmStates.Active or VmStates.Stopped or VmStates.Paused && !guests.Contains(s.Id)))
            {
                findings.Add($"Server {server.Id} is {server.VmState} on host {host}, which has no such guest.");
            }
        }
    }

    private static void CheckGroups(IEnumerable<ServerGroups.ServerGroup> groups, List<QuotaSets.QuotaUse> uses, List<string> findings)
    {
        var counted = groups.CountBy(g => g.ProjectId).ToDictionary(StringComparer.Ordinal);
        var stored = uses.Where(u => u.Resource == QuotaSets.Quotas.ServerGroups).ToDictionary(u => u.ProjectId, u => u.Amount, StringComparer.Ordinal);
        findings.AddRange(counted.Keys.Union(stored.Keys, StringComparer.Ordinal).Where(project => counted.GetValueOrDefault(project) != stored.GetValueOrDefault(project))
            .Select(project => $"Project {project} is charged {stored.GetValueOrDefault(project)} server_groups, and has {counted.GetValueOrDefault(project)}."));
    }

    private static void CheckQuotas(IEnumerable<Server> servers, List<QuotaSets.QuotaUse> uses, List<string> findings)
    {
        var counted = servers.GroupBy(s => s.ProjectId).ToDictionary(
            g => g.Key, g => g.Select(s => s.Flavor().Use).Aggregate((a, b) => new(a.Instances + b.Instances, a.Cores + b.Cores, a.RamMib + b.RamMib)), StringComparer.Ordinal);
        foreach (var project in counted.Keys.Union(uses.Select(u => u.ProjectId), StringComparer.Ordinal))
        {
            foreach (var (resource, amount) in counted.GetValueOrDefault(project).Parts)
            {
                var stored = uses.FirstOrDefault(u => u.ProjectId == project && u.Resource == resource)?.Amount ?? 0;
                if (stored != amount)
                {
                    findings.Add($"Project {project} is charged {stored} {resource}, and its servers use {amount}.");
                }
            }
        }
    }
}
