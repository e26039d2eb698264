// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text.Json;

using LinqToDB;

using Meridian.Compute.Flavors;
using Meridian.Compute.InstanceActions;
using Meridian.Compute.Keypairs;
using Meridian.Compute.QuotaSets;
using Meridian.Compute.ServerGroups;
using Meridian.Compute.Services;
using Meridian.Contracts.Image;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Storage;

namespace Meridian.Compute.Servers;

/// <summary>
/// POST /servers: all that the user's rights decide is checked here with the user's token, which is not kept (DESIGN 18); then rows and sagas are stored in
/// one transaction with the quota.
/// </summary>
internal sealed class ServerCreation(
    FlavorStore flavors, KeypairStore keypairs, Quotas quotas, ServerGroupStore serverGroups, ServerNeighbours neighbours, HostStore hosts, ServiceConfig config)
{
    public async Task<IReadOnlyList<Server>> CreateAsync(CreateServerRequest body, ServerContext servers, CancellationToken cancellationToken)
    {
        var context = servers.Context;
        var policy = servers.Policy;
        var target = new PolicyTarget(context.ProjectId, context.UserId);
        policy.Require(context, ServerPolicies.Create, target);
        if (body.Networks is { Count: > 0 })
        {
            policy.Require(context, ServerPolicies.AttachNetwork, target);
        }

        if (body.Host is not null || body.HypervisorHostname is not null)
        {
            policy.Require(context, ServerPolicies.RequestedDestination, target);
        }

        var (zone, host, node) = await ReadZoneAsync(body, servers, cancellationToken);
        var flavor = await flavors.FindVisibleAsync(body.FlavorRef, context, cancellationToken) ?? throw new ApiException(400, $"Flavor {body.FlavorRef} could not be found.");
        var image = await neighbours.GetImageAsync(body.ImageRef!, context, cancellationToken);
        CheckImage(image, flavor, policy, context);
        var key = body.KeyName is null ? null
            : await keypairs.FindAsync(context.UserId, body.KeyName, cancellationToken) ?? throw new ApiException(400, "Invalid key_name provided.");
        var items = await quotas.LimitAsync(context.ProjectId, "metadata_items", cancellationToken);
        if (items >= 0 && body.Metadata.Count > items)
        {
            throw new ApiException(403, $"Maximum number of metadata items exceeds {items}");
        }

        var networks = await neighbours.ResolveNetworksAsync(body, servers, cancellationToken);
        var groups = await neighbours.ResolveSecurityGroupsAsync(body.SecurityGroups, context, cancellationToken);
        var group = await FindGroupAsync(body.ServerGroup, context, cancellationToken);
        var template = new Server
        {
            ProjectId = context.ProjectId,
            UserId = context.UserId,
            Description = body.Description,
            ImageId = image.Id,
            FlavorId = flavor.Id,
            FlavorJson = JsonSerializer.Serialize(
                new(flavor.Id, flavor.Name, flavor.Vcpus, flavor.MemoryMib, flavor.DiskGib, flavor.EphemeralGib, flavor.SwapMib, flavor.ExtraSpecs(), flavor.RxtxFactor),
                ComputeJson.Default.ServerFlavor),
            ImagePropertiesJson = ServerStore.Json(PropertiesOf(image)),
            KeyName = key?.Name,
            KeyData = key?.PublicKey,
            UserData = body.UserData,
            MetadataJson = ServerStore.Json(body.Metadata),
            TagsJson = ServerStore.Json(body.Tags),
            RequestedNetworksJson = JsonSerializer.Serialize(networks, ComputeJson.Default.ListRequestedNetwork),
            SecurityGroupsJson = ServerStore.Json(groups),
            SchedulerHintsJson = ServerStore.Json(body.SchedulerHints),
            ServerGroupId = group?.Id,
            ConfigDrive = body.ConfigDrive || config.Get(NovaOptions.ForceConfigDrive) || image.Property("img_config_drive") == "mandatory",
            RequestedZone = zone,
            RequestedHost = host,
            Node = node,
            TaskState = TaskStates.Scheduling,
            ReservationId = "r-" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 8),
            AccessIpv4 = body.AccessIpv4,
            AccessIpv6 = body.AccessIpv6,
            DiskConfig = body.DiskConfig,
        };
        return await StoreAsync(body, template, flavor, servers, cancellationToken);
    }

    public static string NewPassword() => RandomNumberGenerator.GetString("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", 12);

    private async Task<IReadOnlyList<Server>> StoreAsync(CreateServerRequest body, Server template, Flavor flavor, ServerContext servers, CancellationToken cancellationToken)
    {
        // A duplicate key: another first server of the project took the quota row at the same moment.
        var (made, sagas) = await servers.Database.WriteAsync(db => StoreAsync(db, body, template, flavor, servers, cancellationToken), cancellationToken, Database.IsDuplicateKey);
        foreach (var saga in sagas)
        {
            await servers.Sagas.WakeAsync(saga, cancellationToken);
        }

        return made;
    }

    private async Task<(List<Server> Made, List<string> Sagas)> StoreAsync(
        WriteConnection db, CreateServerRequest body, Server template, Flavor flavor, ServerContext servers, CancellationToken cancellationToken)
    {
        var (context, now) = (servers.Context, servers.Store.Now);
        var one = new ServerUse(1, flavor.Vcpus, flavor.MemoryMib);
        var count = await TakeQuotaAsync(db, context.ProjectId, one, body.MinCount, body.MaxCount, cancellationToken);
        if (template.ServerGroupId is { } group && !await serverGroups.HasRoomAsync(db, group, context.ProjectId, count, cancellationToken))
        {
            throw new ApiException(403, "Quota exceeded, too many servers in group");
        }

        var made = new List<Server>();
        var sagas = new List<string>();
        for (var i = 0; i < count; i++)
        {
            // The id is chosen before anything is done, so that every later step can be repeated safely.
            var id = Guid.NewGuid().ToString("D");
            var name = body.MaxCount > 1 ? $"{body.Name}-{i + 1}" : body.Name;
            var hostname = body.Hostname is null ? Hostnames.From(name, id) : body.MaxCount > 1 ? $"{body.Hostname}-{i + 1}" : body.Hostname;
            var server = template with { Id = id, Name = name, Hostname = hostname, LaunchIndex = i, CreatedAt = now, ChangedAt = now };
            await db.InsertAsync(server, token: cancellationToken);
            await InstanceActionStore.BeginAsync(db, id, "create", context, now, cancellationToken);
            sagas.Add(await servers.Sagas.EnqueueAsync(db, CreateServerSaga.Type, new(id), id, context.RequestId, cancellationToken));
            made.Add(server);
        }

        return (made, sagas);
    }

    private async Task<ServerGroup?> FindGroupAsync(string? id, RequestContext context, CancellationToken cancellationToken)
    {
        if (id is null)
        {
            return null;
        }

        var group = await serverGroups.FindForAllProjectsAsync(id, cancellationToken);
        if (group is null || (group.ProjectId != context.ProjectId && !context.IsAdmin))
        {
            throw new ApiException(400, ServerGroupEndpoints.NotFound(id).Message);
        }

        // A policy that no filter enforces would be broken in silence.
        var filter = group.Policy switch
        {
            ServerGroup.Affinity => "ServerGroupAffinityFilter",
            ServerGroup.AntiAffinity => "ServerGroupAntiAffinityFilter",
            _ => null,
        };
        return filter is null || config.Get(SchedulerOptions.EnabledFilters).Any(f => f.EndsWith(filter, StringComparison.Ordinal))
            ? group
            : throw new ApiException(400, $"ServerGroup policy is not supported: {filter} not configured");
    }

    /// <summary>Takes as much of the quota as there is between min and max servers.</summary>
    private async Task<int> TakeQuotaAsync(WriteConnection db, string projectId, ServerUse one, int min, int max, CancellationToken cancellationToken)
    {
        for (var count = max; ;)
        {
            // Each try is all or nothing: what a failed one took is given back before the next.
            var over = await quotas.TryTakeAsync(db, projectId, one * count, cancellationToken);
            if (over.Count == 0)
            {
                return count;
            }

            var taken = (one * count).Parts.Where(p => over.All(o => o.Resource != p.Resource)).ToList();
            await quotas.GiveBackAsync(db, projectId, taken, cancellationToken);
            var fits = over.Min(o => (int)Math.Max(0, (o.Limit - o.Used) / Math.Max(1, o.Asked / count)));
            if (fits < min || fits >= count)
            {
                var each = over.Select(o => (o.Resource, Asked: o.Asked / count * min, o.Used, o.Limit)).OrderBy(o => o.Resource, StringComparer.Ordinal).ToList();
                throw new ApiException(
                    403,
                    $"Quota exceeded for {string.Join(", ", each.Select(o => o.Resource))}: Requested {string.Join(", ", each.Select(o => o.Asked))}, "
                    + $"but already used {string.Join(", ", each.Select(o => o.Used))} of {string.Join(", ", each.Select(o => $"{o.Limit}"))} {string.Join(", ", each.Select(o => o.Resource))}");
            }

            count = fits;
        }
    }

    /// <summary>availability_zone is ZONE, or ZONE:HOST[:NODE] for admins; host and hypervisor_hostname from 2.74 name them too.</summary>
    private async Task<(string? Zone, string? Host, string? Node)> ReadZoneAsync(CreateServerRequest body, ServerContext servers, CancellationToken cancellationToken)
    {
        var parts = (body.AvailabilityZone ?? config.Get(NovaOptions.DefaultScheduleZone))?.Split(':') ?? [];
        var zone = parts.Length > 0 && parts[0].Length > 0 ? parts[0] : null;
        var host = parts.Length > 1 && parts[1].Length > 0 ? parts[1] : body.Host;
        var node = parts.Length > 2 && parts[2].Length > 0 ? parts[2] : body.HypervisorHostname;
        if (parts.Length > 3)
        {
            throw new ApiException(400, "Unable to parse availability_zone");
        }

        if (parts.Length > 1)
        {
            servers.Policy.Require(servers.Context, ServerPolicies.CreateForcedHost, PolicyTarget.None);
            if (body.Host is not null || body.HypervisorHostname is not null)
            {
                throw new ApiException(400, "Unable to specify both host and availability_zone with a host.");
            }
        }

        if (zone is not null && zone != hosts.DefaultZone && !(await hosts.ZonesAsync(cancellationToken)).ContainsValue(zone))
        {
            throw new ApiException(400, "The requested availability zone is not available");
        }

        if (host is not null && await hosts.FindComputeAsync(host, cancellationToken) is null)
        {
            throw new ApiException(400, $"Compute host {host} could not be found.");
        }

        return (zone, host, node);
    }

    private static void CheckImage(ImageInfo image, Flavor flavor, IPolicyEnforcer policy, RequestContext context)
    {
        if (image.Status != "active")
        {
            throw new ApiException(400, $"Image {image.Id} is not active.");
        }

        if (flavor.MemoryMib < image.MinRam)
        {
            throw new ApiException(400, "Flavor's memory is too small for requested image.");
        }

        if (flavor.DiskGib == 0)
        {
            if (!policy.Allows(context, ServerPolicies.ZeroDiskFlavor, PolicyTarget.None))
            {
                throw new ApiException(403, "Only volume-backed servers are allowed for flavors with zero disk.");
            }

            return;
        }

        // The disk that a guest sees, not the file it came in (OSSA 2013-012).
        var disk = flavor.DiskGib * 1024L * 1024 * 1024;
        var size = Math.Max(image.Size ?? 0, image.VirtualSize ?? 0);
        if (size > disk)
        {
            throw new ApiException(400, $"Flavor's disk is too small for requested image. Flavor disk is {disk} bytes, image is {size} bytes.");
        }

        if (image.MinDisk > flavor.DiskGib)
        {
            throw new ApiException(
                400, $"Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is {disk} bytes, minimum size is {image.MinDisk * 1024L * 1024 * 1024} bytes.");
        }
    }

    // hw_*, os_* and the like: what hosts and the scheduler look at.
    private static Dictionary<string, string> PropertiesOf(ImageInfo image) => image.Extra
        .Where(p => p.Value.ValueKind == JsonValueKind.String && (p.Key.StartsWith("hw_", StringComparison.Ordinal) || p.Key.StartsWith("os_", StringComparison.Ordinal)
            || p.Key.StartsWith("img_", StringComparison.Ordinal) || p.Key.StartsWith("trait:", StringComparison.Ordinal)
            || p.Key is "architecture" or "hypervisor_type" or "kernel_id" or "ramdisk_id"))
        .Where(p => !p.Key.StartsWith("os_hash", StringComparison.Ordinal) && p.Key != "os_hidden")
        .ToDictionary(p => p.Key, p => p.Value.GetString()!, StringComparer.Ordinal);
}
