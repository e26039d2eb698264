// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB.Mapping;

namespace Meridian.Compute.Servers;

/// <summary>A server. Deleted ones keep their row (DESIGN 8). Changed by compare-and-set of <see cref="Revision"/>.</summary>
[Table("servers")]
internal sealed record Server
{
    /// <summary>The number in the guest's name; given by the database.</summary>
    [Column("number"), PrimaryKey, Identity]
    public int Number { get; init; }

    [Column("id")]
    public string Id { get; init; } = "";

    [Column("revision")]
    public int Revision { get; init; }

    [Column("project_id")]
    public string ProjectId { get; init; } = "";

    [Column("user_id")]
    public string UserId { get; init; } = "";

    [Column("name")]
    public string Name { get; init; } = "";

    [Column("description")]
    public string? Description { get; init; }

    [Column("hostname")]
    public string Hostname { get; init; } = "";

    [Column("image_id")]
    public string? ImageId { get; init; }

    [Column("flavor_id")]
    public string FlavorId { get; init; } = "";

    [Column("flavor")]
    public string FlavorJson { get; init; } = "{}";

    [Column("image_properties")]
    public string ImagePropertiesJson { get; init; } = "{}";

    [Column("key_name")]
    public string? KeyName { get; init; }

    [Column("key_data")]
    public string? KeyData { get; init; }

    /// <summary>Base64, as it came.</summary>
    [Column("user_data")]
    public string? UserData { get; init; }

    [Column("metadata")]
    public string MetadataJson { get; init; } = "{}";

    [Column("tags")]
    public string TagsJson { get; init; } = "[]";

    [Column("requested_networks")]
    public string RequestedNetworksJson { get; init; } = "[]";

    /// <summary>Ids of security groups for new ports; empty: the project's default one.</summary>
    [Column("security_groups")]
    public string SecurityGroupsJson { get; init; } = "[]";

    /// <summary>The ports as last seen at the network service.</summary>
    [Column("network_info")]
    public string NetworkInfoJson { get; init; } = "[]";

    [Column("scheduler_hints")]
    public string SchedulerHintsJson { get; init; } = "{}";

    [Column("server_group_id")]
    public string? ServerGroupId { get; init; }

    [Column("config_drive")]
    public bool ConfigDrive { get; init; }

    /// <summary>The zone that was asked for, which the server is pinned to.</summary>
    [Column("requested_zone")]
    public string? RequestedZone { get; init; }

    [Column("requested_host")]
    public string? RequestedHost { get; init; }

    /// <summary>The zone of the host that was chosen.</summary>
    [Column("zone")]
    public string? Zone { get; init; }

    [Column("host")]
    public string? Host { get; init; }

    [Column("node")]
    public string? Node { get; init; }

    [Column("vm_state")]
    public string VmState { get; init; } = VmStates.Building;

    [Column("task_state")]
    public string? TaskState { get; init; }

    /// <summary>Nova's number: <see cref="Drivers.PowerState"/>.</summary>
    [Column("power_state")]
    public int PowerState { get; init; }

    /// <summary>"owner" or "admin".</summary>
    [Column("locked_by")]
    public string? LockedBy { get; init; }

    [Column("locked_reason")]
    public string? LockedReason { get; init; }

    [Column("reservation_id")]
    public string ReservationId { get; init; } = "";

    [Column("launch_index")]
    public int LaunchIndex { get; init; }

    [Column("access_ipv4")]
    public string? AccessIpv4 { get; init; }

    [Column("access_ipv6")]
    public string? AccessIpv6 { get; init; }

    [Column("disk_config")]
    public string DiskConfig { get; init; } = "MANUAL";

    /// <summary>What the guest put at the metadata service, encrypted with the user's key.</summary>
    [Column("password")]
    public string? Password { get; init; }

    [Column("fault")]
    public string? FaultJson { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    [Column("updated_at")]
    public DateTime? UpdatedAt { get; init; }

    /// <summary>The newest of creation, change and deletion: what changes-since asks for.</summary>
    [Column("changed_at")]
    public DateTime ChangedAt { get; init; }

    [Column("launched_at")]
    public DateTime? LaunchedAt { get; init; }

    [Column("terminated_at")]
    public DateTime? TerminatedAt { get; init; }

    [Column("deleted_at")]
    public DateTime? DeletedAt { get; init; }

    public ServerFlavor Flavor() => JsonSerializer.Deserialize(FlavorJson, ComputeJson.Default.ServerFlavor)!;

    public Dictionary<string, string> Metadata() => JsonSerializer.Deserialize(MetadataJson, ComputeJson.Default.DictionaryStringString)!;

    public List<string> Tags() => JsonSerializer.Deserialize(TagsJson, ComputeJson.Default.ListString)!;

    public List<RequestedNetwork> RequestedNetworks() => JsonSerializer.Deserialize(RequestedNetworksJson, ComputeJson.Default.ListRequestedNetwork)!;

    public List<string> SecurityGroups() => JsonSerializer.Deserialize(SecurityGroupsJson, ComputeJson.Default.ListString)!;

    public List<ServerInterface> NetworkInfo() => JsonSerializer.Deserialize(NetworkInfoJson, ComputeJson.Default.ListServerInterface)!;

    public Dictionary<string, string> ImageProperties() => JsonSerializer.Deserialize(ImagePropertiesJson, ComputeJson.Default.DictionaryStringString)!;

    public ServerFault? Fault() => FaultJson is null ? null : JsonSerializer.Deserialize(FaultJson, ComputeJson.Default.ServerFault);
}

/// <summary>Nova's vm_states, those that servers of this service can be in.</summary>
internal static class VmStates
{
    public const string Building = "building";
    public const string Active = "active";
    public const string Stopped = "stopped";
    public const string Error = "error";
    public const string Deleted = "deleted";
    public const string Paused = "paused";
}

/// <summary>Nova's task_states, those that servers of this service can be in.</summary>
internal static class TaskStates
{
    public const string Scheduling = "scheduling";
    public const string Networking = "networking";
    public const string Spawning = "spawning";
    public const string Deleting = "deleting";
    public const string PoweringOn = "powering-on";
    public const string PoweringOff = "powering-off";
    public const string Rebooting = "rebooting";
    public const string RebootingHard = "rebooting_hard";
}

/// <summary>The flavor as it was when the server was made.</summary>
internal sealed record ServerFlavor(
    string Id, string Name, int Vcpus, int MemoryMib, int DiskGib, int EphemeralGib, int SwapMib, Dictionary<string, string> ExtraSpecs, double RxtxFactor = 1.0)
{
    public QuotaSets.ServerUse Use => new(1, Vcpus, MemoryMib);
}

/// <summary>A network interface that was asked for: of a network, with or without an address, or an existing port.</summary>
internal sealed record RequestedNetwork(string? NetworkId, string? PortId = null, string? FixedIp = null, string? Tag = null);

/// <summary>A port of a server as the network service had it last.</summary>
internal sealed record ServerInterface
{
    public required string PortId { get; init; }

    public required string NetworkId { get; init; }

    public required string NetworkName { get; init; }

    public required string MacAddress { get; init; }

    public List<InterfaceAddress> FixedIps { get; init; } = [];

    public List<string> FloatingIps { get; init; } = [];

    public List<string> SecurityGroups { get; init; } = [];

    public int Mtu { get; init; }

    public string Status { get; init; } = "";

    public string VifType { get; init; } = "";

    public Dictionary<string, string> VifDetails { get; init; } = [];

    public string? Tag { get; init; }

    /// <summary>True for a port that the user made: it outlives the server.</summary>
    public bool Preexisting { get; init; }
}

internal sealed record InterfaceAddress(string Address, string SubnetId)
{
    public int Version => Address.Contains(':', StringComparison.Ordinal) ? 6 : 4;
}

/// <param name="Details">For admins only (OSSA 2019-003).</param>
internal sealed record ServerFault(int Code, string Message, string? Details, DateTime Created);
