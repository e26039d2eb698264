// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Compute;

/// <summary>[DEFAULT] options of nova.conf. Source: nova configuration reference.</summary>
internal static class NovaOptions
{
    public static readonly Option<string?> MyIp = Opt.Text("DEFAULT", "my_ip", "127.0.0.1", "Address of this host, as other options and os-hypervisors show it.");
    public static readonly Option<string?> Host = Opt.Text("DEFAULT", "host", null, "Name of this host in os-services; the machine's name when unset.");
    public static readonly Option<string?> StatePath = Opt.Text("DEFAULT", "state_path", "/var/lib/nova", "Folder of the program's own files.");
    public static readonly Option<string?> InstancesPath = Opt.Text("DEFAULT", "instances_path", "$state_path/instances", "Folder of guests' disks and of the image cache.");
    public static readonly Option<string?> ComputeDriver = Opt.Text("DEFAULT", "compute_driver", "libvirt.LibvirtDriver", "libvirt.LibvirtDriver, or simulated: guests that do not run, for tests and scale runs.");
    public static readonly Option<string?> OsapiListen = Opt.Text("DEFAULT", "osapi_compute_listen", "0.0.0.0", "Address of the compute API. Honoured though upstream dropped it.");
    public static readonly Option<int> OsapiListenPort = Opt.Port("DEFAULT", "osapi_compute_listen_port", 8774, "Port of the compute API.");
    public static readonly Option<string?> MetadataListen = Opt.Text("DEFAULT", "metadata_listen", "0.0.0.0", "Address of the metadata API. Honoured though upstream dropped it.");
    public static readonly Option<int> MetadataListenPort = Opt.Port("DEFAULT", "metadata_listen_port", 8775, "Port of the metadata API.");
    public static readonly Option<TimeSpan> ReportInterval = Opt.Seconds("DEFAULT", "report_interval", 10, "Time between a service's reports that it is up.");
    public static readonly Option<TimeSpan> ServiceDownTime = Opt.Seconds("DEFAULT", "service_down_time", 60, "A service that has not reported for so long is down.");
    public static readonly Option<double> CpuAllocationRatio = Opt.Number("DEFAULT", "cpu_allocation_ratio", 0, "Virtual CPUs a physical one; 0: initial_cpu_allocation_ratio.", 0);
    public static readonly Option<double> RamAllocationRatio = Opt.Number("DEFAULT", "ram_allocation_ratio", 0, "As cpu_allocation_ratio, of memory.", 0);
    public static readonly Option<double> DiskAllocationRatio = Opt.Number("DEFAULT", "disk_allocation_ratio", 0, "As cpu_allocation_ratio, of disk.", 0);
    public static readonly Option<double> InitialCpuAllocationRatio = Opt.Number("DEFAULT", "initial_cpu_allocation_ratio", 4, "Where cpu_allocation_ratio is not set.", 0);
    public static readonly Option<double> InitialRamAllocationRatio = Opt.Number("DEFAULT", "initial_ram_allocation_ratio", 1, "Where ram_allocation_ratio is not set.", 0);
    public static readonly Option<double> InitialDiskAllocationRatio = Opt.Number("DEFAULT", "initial_disk_allocation_ratio", 1, "Where disk_allocation_ratio is not set.", 0);
    public static readonly Option<int> ReservedHostCpus = Opt.Integer("DEFAULT", "reserved_host_cpus", 0, "CPUs kept for the host.", 0);
    public static readonly Option<int> ReservedHostMemoryMib = Opt.Integer("DEFAULT", "reserved_host_memory_mb", 512, "MiB of memory kept for the host.", 0);
    public static readonly Option<int> ReservedHostDiskMib = Opt.Integer("DEFAULT", "reserved_host_disk_mb", 0, "MiB of disk kept for the host.", 0);
    public static readonly Option<string?> DefaultAvailabilityZone = Opt.Text("DEFAULT", "default_availability_zone", "nova", "Zone of hosts that are in no aggregate with one.");
    public static readonly Option<string?> DefaultScheduleZone = Opt.Text("DEFAULT", "default_schedule_zone", null, "Zone asked for where a request names none.");
    public static readonly Option<string?> InternalServiceAvailabilityZone = Opt.Text("DEFAULT", "internal_service_availability_zone", "internal", "Zone shown of nova-scheduler and nova-conductor.");
    public static readonly Option<string?> InstanceNameTemplate = Opt.Text("DEFAULT", "instance_name_template", "instance-%08x", "Guests' names at the hypervisor: one number, as C's printf writes it.");
    public static readonly Option<bool> ForceConfigDrive = Opt.Boolean("DEFAULT", "force_config_drive", false, "Give every server a config drive.");
    public static readonly Option<TimeSpan> ShutdownTimeout = Opt.Seconds("DEFAULT", "shutdown_timeout", 60, "How long a guest may take to power off before the plug is pulled.");
    public static readonly Option<bool> ResumeGuests = Opt.Boolean("DEFAULT", "resume_guests_state_on_host_boot", true, "Start guests again that were running when the host went down. Upstream's default is false.");
    public static readonly Option<TimeSpan> SyncPowerStateInterval = Opt.Seconds("DEFAULT", "sync_power_state_interval", 600, "Time between comparisons of guests' power states with the servers'.");
    public static readonly Option<TimeSpan> LongRpcTimeout = Opt.Seconds("DEFAULT", "long_rpc_timeout", 1800, "How long building a guest may take.");

    public static IReadOnlyList<Option> All { get; } =
    [
        MyIp, Host, StatePath, InstancesPath, ComputeDriver, OsapiListen, OsapiListenPort, MetadataListen, MetadataListenPort, ReportInterval, ServiceDownTime,
        CpuAllocationRatio, RamAllocationRatio, DiskAllocationRatio, InitialCpuAllocationRatio, InitialRamAllocationRatio, InitialDiskAllocationRatio,
        ReservedHostCpus, ReservedHostMemoryMib, ReservedHostDiskMib, DefaultAvailabilityZone, DefaultScheduleZone, InternalServiceAvailabilityZone,
        InstanceNameTemplate, ForceConfigDrive, ShutdownTimeout, ResumeGuests, SyncPowerStateInterval, LongRpcTimeout,
    ];
}

/// <summary>[api]. Source: nova configuration reference.</summary>
internal static class ApiOptions
{
    public static readonly Option<int> MaxLimit = Opt.Integer("api", "max_limit", 1000, "The most items of one answer.", 0, deprecated: ["DEFAULT.osapi_max_limit"]);
    public static readonly Option<string?> ComputeLinkPrefix = Opt.Text("api", "compute_link_prefix", null, "Beginning of links to compute resources; the request's own address when unset.", deprecated: ["DEFAULT.osapi_compute_link_prefix"]);
    public static readonly Option<string?> GlanceLinkPrefix = Opt.Text("api", "glance_link_prefix", null, "Beginning of links to images.", deprecated: ["DEFAULT.osapi_glance_link_prefix"]);
    public static readonly Option<string?> DhcpDomain = Opt.Text("api", "dhcp_domain", "novalocal", "Domain of the host names that metadata tells.", deprecated: ["DEFAULT.dhcp_domain"]);
    public static readonly Option<string?> VendordataJsonfile = Opt.Text("api", "vendordata_jsonfile_path", null, "JSON file that metadata shows as vendor_data.json.");
    public static readonly Option<TimeSpan> MetadataCacheExpiration = Opt.Seconds("api", "metadata_cache_expiration", 15, "How long a server's metadata is remembered.");

    public static IReadOnlyList<Option> All { get; } = [MaxLimit, ComputeLinkPrefix, GlanceLinkPrefix, DhcpDomain, VendordataJsonfile, MetadataCacheExpiration];
}

/// <summary>[quota]. Source: nova configuration reference.</summary>
internal static class QuotaOptions
{
    public static readonly Option<int> Instances = Opt.Integer("quota", "instances", 10, "Servers a project.", -1, deprecated: ["DEFAULT.quota_instances"]);
    public static readonly Option<int> Cores = Opt.Integer("quota", "cores", 20, "Virtual CPUs a project.", -1, deprecated: ["DEFAULT.quota_cores"]);
    public static readonly Option<int> Ram = Opt.Integer("quota", "ram", 51200, "MiB of memory a project.", -1, deprecated: ["DEFAULT.quota_ram"]);
    public static readonly Option<int> MetadataItems = Opt.Integer("quota", "metadata_items", 128, "Metadata items a server.", -1, deprecated: ["DEFAULT.quota_metadata_items"]);
    public static readonly Option<int> KeyPairs = Opt.Integer("quota", "key_pairs", 100, "Key pairs a user.", -1, deprecated: ["DEFAULT.quota_key_pairs"]);
    public static readonly Option<int> ServerGroups = Opt.Integer("quota", "server_groups", 10, "Server groups a project.", -1, deprecated: ["DEFAULT.quota_server_groups"]);
    public static readonly Option<int> ServerGroupMembers = Opt.Integer("quota", "server_group_members", 10, "Servers a server group.", -1, deprecated: ["DEFAULT.quota_server_group_members"]);

    public static IReadOnlyList<Option> All { get; } = [Instances, Cores, Ram, MetadataItems, KeyPairs, ServerGroups, ServerGroupMembers];
}

/// <summary>[scheduler] and [filter_scheduler]. Source: nova configuration reference.</summary>
internal static class SchedulerOptions
{
    public static readonly Option<int> MaxPlacementResults = Opt.Integer("scheduler", "max_placement_results", 1000, "The most candidates asked of placement.", 1);
    public static readonly Option<int> MaxAttempts = Opt.Integer("scheduler", "max_attempts", 3, "Hosts tried for one server.", 1);
    public static readonly Option<string[]> EnabledFilters = Opt.List(
        "filter_scheduler", "enabled_filters", ["ComputeFilter", "AvailabilityZoneFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter", "ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter"],
        "Filters that a host must pass, in this order.");
    public static readonly Option<string[]> WeightClasses = Opt.List(
        "filter_scheduler", "weight_classes", ["nova.scheduler.weights.all_weighers"], "Weighers by nova's class names; all_weighers is every one.");
    public static readonly Option<int> HostSubsetSize = Opt.Integer("filter_scheduler", "host_subset_size", 1, "Choose at random among so many of the best hosts.", 1);
    public static readonly Option<double> CpuWeight = Opt.Number("filter_scheduler", "cpu_weight_multiplier", 1, "Weight of free CPUs; negative stacks.");
    public static readonly Option<double> RamWeight = Opt.Number("filter_scheduler", "ram_weight_multiplier", 1, "Weight of free memory; negative stacks.");
    public static readonly Option<double> DiskWeight = Opt.Number("filter_scheduler", "disk_weight_multiplier", 1, "Weight of free disk; negative stacks.");
    public static readonly Option<double> SoftAffinityWeight = Opt.Number("filter_scheduler", "soft_affinity_weight_multiplier", 1, "Weight of hosts that have servers of a soft-affinity group.");
    public static readonly Option<double> SoftAntiAffinityWeight = Opt.Number("filter_scheduler", "soft_anti_affinity_weight_multiplier", 1, "Weight of hosts that have none of a soft-anti-affinity group.");
    public static readonly Option<bool> ShuffleBestSameWeighedHosts = Opt.Boolean("filter_scheduler", "shuffle_best_same_weighed_hosts", false, "Choose at random among hosts of the best weight.");

    public static IReadOnlyList<Option> All { get; } =
        [MaxPlacementResults, MaxAttempts, EnabledFilters, WeightClasses, HostSubsetSize, CpuWeight, RamWeight, DiskWeight, SoftAffinityWeight, SoftAntiAffinityWeight, ShuffleBestSameWeighedHosts];
}

/// <summary>The neighbours: [placement], [neutron] and [glance], with the secret that metadata's proxy shares.</summary>
internal static class NeighbourOptions
{
    public static readonly AuthSection Placement = AuthSection.Declare("placement", "placement");
    public static readonly AuthSection Neutron = AuthSection.Declare("neutron", "network", ["url"]);
    public static readonly AuthSection Glance = AuthSection.Declare("glance", "image", ["api_servers"]);
    public static readonly Option<bool> ServiceMetadataProxy = Opt.Boolean("neutron", "service_metadata_proxy", false, "Metadata requests come from neutron's agent, signed.");
    public static readonly Option<string?> MetadataProxySharedSecret = Opt.Text("neutron", "metadata_proxy_shared_secret", "", "Key of the signature on proxied metadata requests.", secret: true);

    public static IReadOnlyList<Option> All { get; } =
        [.. Placement.All, .. Neutron.All, .. Glance.All, ServiceMetadataProxy, MetadataProxySharedSecret];
}

/// <summary>[simulated]: Meridian's own section, read where compute_driver is simulated.</summary>
internal static class SimulatedOptions
{
    public static readonly Option<int> Hosts = Opt.Integer("simulated", "hosts", 1, "Hosts that the one program stands for.", 1, 1000);
    public static readonly Option<int> Vcpus = Opt.Integer("simulated", "vcpus", 64, "CPUs a host.", 1);
    public static readonly Option<int> MemoryMib = Opt.Integer("simulated", "memory_mb", 262144, "MiB of memory a host.", 1);
    public static readonly Option<int> DiskGib = Opt.Integer("simulated", "disk_gb", 4096, "GiB of disk a host.", 1);

    public static IReadOnlyList<Option> All { get; } = [Hosts, Vcpus, MemoryMib, DiskGib];
}

/// <summary>Everything that nova.conf may hold: one file serves all of compute's programs, so all of them declare all of it.</summary>
internal static class NovaConf
{
    private const string Merged = "Meridian keeps one compute database, that of [database] connection; this one stays unused.";
    private const string Listener = "The listener is Meridian's own and serves requests concurrently.";
    private const string NoConsoles = "Graphical consoles are not served yet; the serial console log is (openstack console log show).";
    private const string NoVolumes = "Servers have no volumes yet.";

    public static IReadOnlyList<Option> Options { get; } =
    [
        .. ServiceDefinition.CommonOptions.Where(option => !option.Equals(DefaultOptions.StatePath)), .. NovaOptions.All, .. ApiOptions.All, .. QuotaOptions.All,
        .. SchedulerOptions.All, .. NeighbourOptions.All, .. SimulatedOptions.All, .. Drivers.Libvirt.LibvirtOptions.All, .. KeystoneAuthtokenOptions.All,
        .. Meridian.Platform.Messaging.MessagingOptions.All,
    ];

    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new("DEFAULT", "enabled_apis", "nova-api serves the compute API and nova-metadata the metadata API: start those that are wanted."),
        new("DEFAULT", "use_neutron", "Networks are always the network service's."),
        new("DEFAULT", "metadata_host", "It served nova-network, which is gone; metadata_listen is the listener."),
        new("DEFAULT", "firewall_driver", "Security groups are the network service's."),
        new("DEFAULT", "osapi_compute_workers", Listener),
        new("DEFAULT", "metadata_workers", Listener),
        new("DEFAULT", "vif_plugging_timeout", "Guests start at once; their ports follow, and show it in their status."),
        new("DEFAULT", "vif_plugging_is_fatal", "Guests start at once; their ports follow, and show it in their status."),
        new("api", "auth_strategy", "Tokens are always validated at Keystone."),
        new("api_database", "connection", Merged),
        new("cache", "backend", "Nothing is shared through a cache; [keystone_authtoken] memcached_servers is for tokens."),
        new("cache", "enabled", "Nothing is shared through a cache; [keystone_authtoken] memcached_servers is for tokens."),
        new("cache", "memcache_servers", "Nothing is shared through a cache; [keystone_authtoken] memcached_servers is for tokens."),
        new("cinder", "os_region_name", NoVolumes),
        new("cinder", "catalog_info", NoVolumes),
        new("conductor", "workers", "One conductor process runs many steps at once."),
        new("scheduler", "workers", "One scheduler process serves many requests at once."),
        new("scheduler", "discover_hosts_in_cells_interval", "There are no cells to map hosts to: a host is known from its first report."),
        new("filter_scheduler", "available_filters", "Filters are those built in; enabled_filters chooses among them."),
        new("filter_scheduler", "track_instance_changes", "The scheduler reads what it needs."),
        new("oslo_concurrency", "lock_path", "No lock files are used."),
        new("placement_database", "connection", "It belongs in placement.conf."),
        new("vnc", "novncproxy_host", NoConsoles),
        new("vnc", "novncproxy_base_url", NoConsoles),
        new("vnc", "novncproxy_port", NoConsoles),
        new("vnc", "server_proxyclient_address", NoConsoles),
        new("vnc", "vncserver_proxyclient_address", NoConsoles),
    ];
}
