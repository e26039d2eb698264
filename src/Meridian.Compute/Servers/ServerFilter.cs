// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.RegularExpressions;

using Meridian.Compute.Http;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Http;

namespace Meridian.Compute.Servers;

/// <summary>What a list of servers is to hold. Source: OpenStack Compute API reference, "List Servers".</summary>
internal sealed record ServerFilter
{
    /// <summary>Null: of all projects.</summary>
    public string? ProjectId { get; init; }

    public bool Deleted { get; init; }

    /// <summary>Deleted ones too: with changes-since.</summary>
    public bool AnyDeleted { get; init; }

    public IReadOnlyList<(string? VmState, string? TaskState)> States { get; init; } = [];

    public string? ImageId { get; init; }

    public string? FlavorId { get; init; }

    public string? Host { get; init; }

    public string? Node { get; init; }

    public string? UserId { get; init; }

    public string? Uuid { get; init; }

    public string? ReservationId { get; init; }

    public string? KeyName { get; init; }

    public string? Zone { get; init; }

    public string? VmState { get; init; }

    public string? TaskState { get; init; }

    public int? PowerState { get; init; }

    public bool? Locked { get; init; }

    public DateTime? ChangesSince { get; init; }

    public DateTime? ChangesBefore { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> TagsAny { get; init; } = [];

    public IReadOnlyList<string> NotTags { get; init; } = [];

    public IReadOnlyList<string> NotTagsAny { get; init; } = [];

    /// <summary>Text that the name contains, or a pattern where it has one.</summary>
    public string? NameText { get; init; }

    public Regex? NamePattern { get; init; }

    public string? HostnameText { get; init; }

    public Regex? Ip { get; init; }

    public Regex? Ip6 { get; init; }

    /// <summary>True where rows must be looked at one by one, because databases know no such patterns.</summary>
    public bool NeedsScan => NamePattern is not null || Ip is not null || Ip6 is not null;

    public bool Matches(Server server)
    {
        if (NamePattern is not null && !NamePattern.IsMatch(server.Name))
        {
            return false;
        }

        if (Ip is null && Ip6 is null)
        {
            return true;
        }

        var addresses = server.NetworkInfo().SelectMany(i => i.FixedIps).ToList();
        return (Ip is null || addresses.Any(a => a.Version == 4 && Ip.IsMatch(a.Address))) && (Ip6 is null || addresses.Any(a => a.Version == 6 && Ip6.IsMatch(a.Address)));
    }
}

/// <summary>Reads <see cref="ServerFilter"/> from a query. What only admins may ask is passed over for others, as nova does.</summary>
internal static class ServerQuery
{
    private static readonly string[] Known =
    [
        "access_ip_v4", "access_ip_v6", "all_tenants", "auto_disk_config", "availability_zone", "block_device_mapping", "changes-before", "changes-since", "config_drive",
        "created_at", "deleted", "description", "display_description", "display_name", "flavor", "host", "hostname", "image", "image_ref", "info_cache", "instance_type_id",
        "ip", "ip6", "kernel_id", "key_name", "launch_index", "launched_at", "limit", "locked", "locked_by", "marker", "metadata", "name", "node", "not-tags",
        "not-tags-any", "pci_devices", "power_state", "progress", "project_id", "ramdisk_id", "reservation_id", "root_device_name", "services", "soft_deleted",
        "sort_dir", "sort_key", "status", "system_metadata", "tags", "tags-any", "task_state", "tenant_id", "terminated_at", "user_id", "uuid", "vm_state",
    ];

    // What anybody may filter by; from 2.83 on also the others below.
    private static readonly string[] ForAll = ["reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants", "ip6", "tags", "tags-any", "not-tags", "not-tags-any", "locked", "changes-before"];
    private static readonly string[] ForAllSince83 = ["availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state", "task_state", "vm_state", "progress", "user_id"];

    public static ServerFilter Read(HttpRequest http, RequestContext context, IPolicyEnforcer policy)
    {
        var version = context.Version;
        ComputeRequest.CheckQuery(http, context, new(2, 75), Known);
        var admin = policy.Allows(context, ServerPolicies.AllowAllFilters, PolicyTarget.None);
        string? Get(string name) =>
            (admin || ForAll.Contains(name, StringComparer.Ordinal) || (version >= new Microversion(2, 83) && ForAllSince83.Contains(name, StringComparer.Ordinal)))
            && http.Query[name].LastOrDefault() is { } value ? value : null;

        if (Get("ip6") is not null && version < new Microversion(2, 5) && !admin)
        {
            return Read(http, context, policy, admin, name => name == "ip6" ? null : Get(name));
        }

        return Read(http, context, policy, admin, Get);
    }

    private static ServerFilter Read(HttpRequest http, RequestContext context, IPolicyEnforcer policy, bool admin, Func<string, string?> get)
    {
        var version = context.Version;
        var allTenants = http.Query["all_tenants"].LastOrDefault() is { } all && (all.Length == 0 || ParseBoolean("all_tenants", all));
        if (allTenants)
        {
            policy.Require(context, ServerPolicies.AllTenants, new(context.ProjectId));
        }

        var since = get("changes-since");
        var deleted = get("deleted") is { } d && ParseBoolean("deleted", d);

        // Another project is named only together with all_tenants; nova ignores it otherwise.
        var project = !allTenants ? context.ProjectId
            : (http.Query["project_id"].LastOrDefault() ?? http.Query["tenant_id"].LastOrDefault()) is { Length: > 0 } asked ? asked : null;
        var name = get("name") ?? get("display_name");
        var plainName = name is null || Regex.Escape(name) == name || name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or ' ' or ':');
        return new()
        {
            ProjectId = project,
            Deleted = deleted,
            AnyDeleted = since is not null && get("deleted") is null,
            States = [.. http.Query["status"].Where(s => !string.IsNullOrEmpty(s)).Select(s => Status(s!, version, admin)).OfType<(string?, string?)>()],
            ImageId = get("image") ?? get("image_ref"),
            FlavorId = get("flavor") ?? get("instance_type_id"),
            Host = get("host"),
            Node = get("node"),
            UserId = get("user_id"),
            Uuid = get("uuid"),
            ReservationId = get("reservation_id"),
            KeyName = get("key_name"),
            Zone = get("availability_zone"),
            VmState = get("vm_state"),
            TaskState = get("task_state"),
            PowerState = get("power_state") is { } power && int.TryParse(power, out var number) ? number : null,
            Locked = version >= new Microversion(2, 73) && get("locked") is { } locked ? ParseBoolean("locked", locked) : null,
            ChangesSince = Time("changes-since", since),
            ChangesBefore = version >= new Microversion(2, 66) ? Time("changes-before", get("changes-before")) : null,
            Tags = List(version, get("tags")),
            TagsAny = List(version, get("tags-any")),
            NotTags = List(version, get("not-tags")),
            NotTagsAny = List(version, get("not-tags-any")),
            NameText = plainName ? name : null,
            NamePattern = plainName ? null : Pattern("name", name!),
            HostnameText = get("hostname"),
            Ip = get("ip") is { } ip ? Pattern("ip", ip) : null,
            Ip6 = get("ip6") is { } ip6 ? Pattern("ip6", ip6) : null,
        };
    }

    public static IReadOnlyList<SortKey<Server>> SortKeys(HttpRequest http, Microversion version)
    {
        var keys = http.Query["sort_key"].OfType<string>().ToList();
        var directions = http.Query["sort_dir"].OfType<string>().ToList();
        var sorted = new List<SortKey<Server>>();
        for (var i = 0; i < Math.Max(keys.Count, keys.Count == 0 ? 1 : 0); i++)
        {
            var key = keys.Count == 0 ? "created_at" : keys[i];
            var direction = directions.Count == 0 ? "desc" : i < directions.Count ? directions[i] : directions[^1];
            if (direction is not ("asc" or "desc"))
            {
                throw ComputeRequest.QueryFault("sort_dir", direction, $"'{direction}' is not one of ['asc', 'desc']");
            }

            sorted.Add(Key(key, direction == "desc", version));
        }

        return [.. sorted, new("id", s => s.Id, sorted[^1].Descending)];
    }

    private static SortKey<Server> Key(string name, bool descending, Microversion version) => name switch
    {
        "created_at" => new(name, s => s.CreatedAt, descending),
        "updated_at" => new(name, s => s.UpdatedAt, descending),
        "display_name" => new(name, s => s.Name, descending),
        "display_description" => new(name, s => s.Description, descending),
        "uuid" => new(name, s => s.Id, descending),
        "host" => new(name, s => s.Host, descending),
        "node" => new(name, s => s.Node, descending),
        "hostname" => new(name, s => s.Hostname, descending),
        "image_ref" => new(name, s => s.ImageId, descending),
        "instance_type_id" => new(name, s => s.FlavorId, descending),
        "key_name" => new(name, s => s.KeyName, descending),
        "launch_index" => new(name, s => s.LaunchIndex, descending),
        "launched_at" => new(name, s => s.LaunchedAt, descending),
        "power_state" => new(name, s => s.PowerState, descending),
        "project_id" => new(name, s => s.ProjectId, descending),
        "task_state" => new(name, s => s.TaskState, descending),
        "terminated_at" => new(name, s => s.TerminatedAt, descending),
        "user_id" => new(name, s => s.UserId, descending),
        "vm_state" => new(name, s => s.VmState, descending),
        "availability_zone" => new(name, s => s.Zone, descending),
        "access_ip_v4" => new(name, s => s.AccessIpv4, descending),
        "access_ip_v6" => new(name, s => s.AccessIpv6, descending),
        "locked" when version >= new Microversion(2, 73) => new(name, s => s.LockedBy, descending),
        "auto_disk_config" or "config_drive" or "kernel_id" or "ramdisk_id" or "root_device_name" or "progress" => new(name, s => s.Number, descending),
        _ => throw ComputeRequest.QueryFault("sort_key", name, $"'{name}' is not one of the sort keys of servers"),
    };

    private static (string?, string?)? Status(string status, Microversion version, bool admin)
    {
        if (ServerStatus.Find(status) is not { } states)
        {
            // From 2.38 on a word that is no status is refused; before, it matched nothing.
            return version >= new Microversion(2, 38) ? throw new ApiException(400, $"Invalid status value: {status}") : ("none", null);
        }

        return states.VmState == VmStates.Deleted && !admin ? throw new ApiException(403, "Only administrators may list deleted instances") : states;
    }

    private static bool ParseBoolean(string name, string text) =>
        BooleanText.TryParse(text, out var value) ? value : throw new ApiException(400, $"Invalid value '{text}' for {name}.");

    private static DateTime? Time(string name, string? text) =>
        text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.UtcDateTime
        : throw ComputeRequest.QueryFault(name, text, $"'{text}' is not a 'date-time'");

    private static List<string> List(Microversion version, string? text) =>
        version < new Microversion(2, 26) || string.IsNullOrEmpty(text) ? [] : [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries)];

    // Linear time whatever the pattern (OSSA 2014-038).
    private static Regex Pattern(string name, string text)
    {
        try
        {
            return new(text.Length <= 255 ? text : throw new FormatException("too long"), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or FormatException)
        {
            throw ComputeRequest.QueryFault(name, text.Length <= 255 ? text : text[..255], $"'{(text.Length <= 255 ? text : text[..255])}' is not a 'regex'");
        }
    }
}
