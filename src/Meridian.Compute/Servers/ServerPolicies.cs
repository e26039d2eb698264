// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Compute.Servers;

/// <summary>Rules about servers. Source: nova/policies/servers.py and its neighbours.</summary>
internal static class ServerPolicies
{
    public static readonly PolicyRule Index = Reader("os_compute_api:servers:index", "List servers");
    public static readonly PolicyRule Detail = Reader("os_compute_api:servers:detail", "List servers with details");
    public static readonly PolicyRule AllTenants = Admin("os_compute_api:servers:index:get_all_tenants", "List servers of all projects");
    public static readonly PolicyRule AllTenantsDetail = Admin("os_compute_api:servers:detail:get_all_tenants", "List servers of all projects with details");
    public static readonly PolicyRule AllowAllFilters = Admin("os_compute_api:servers:allow_all_filters", "Use all filters");
    public static readonly PolicyRule Show = Reader("os_compute_api:servers:show", "Show a server");
    public static readonly PolicyRule ShowExtraSpecs = Reader("os_compute_api:servers:show:flavor-extra-specs", "See the flavor's extra specs in a server");
    public static readonly PolicyRule HostStatus = Admin("os_compute_api:servers:show:host_status", "See the status of a server's host");
    public static readonly PolicyRule Attributes = Admin("os_compute_api:os-extended-server-attributes", "See host, guest name and the like of a server");
    public static readonly PolicyRule Create = Member("os_compute_api:servers:create", "Create a server");
    public static readonly PolicyRule CreateForcedHost = Admin("os_compute_api:servers:create:forced_host", "Create a server on a named host");
    public static readonly PolicyRule RequestedDestination = Admin("compute:servers:create:requested_destination", "Create a server with host or hypervisor_hostname");
    public static readonly PolicyRule AttachNetwork = Member("os_compute_api:servers:create:attach_network", "Create a server with networks");
    public static readonly PolicyRule TrustedCerts = Member("os_compute_api:servers:create:trusted_certs", "Create a server with trusted image certificates");
    public static readonly PolicyRule ZeroDiskFlavor = Admin("os_compute_api:servers:create:zero_disk_flavor", "Create an image-backed server of a flavor without disk");
    public static readonly PolicyRule ExternalNetwork = Admin("network:attach_external_network", "Attach a port of an external network");
    public static readonly PolicyRule Delete = Member("os_compute_api:servers:delete", "Delete a server");
    public static readonly PolicyRule ForceDelete = Member("os_compute_api:os-deferred-delete:force", "Delete a server at once");
    public static readonly PolicyRule Update = Member("os_compute_api:servers:update", "Change a server");
    public static readonly PolicyRule Start = Member("os_compute_api:servers:start", "Start a server");
    public static readonly PolicyRule Stop = Member("os_compute_api:servers:stop", "Stop a server");
    public static readonly PolicyRule Reboot = Member("os_compute_api:servers:reboot", "Reboot a server");
    public static readonly PolicyRule ConsoleOutput = Member("os_compute_api:os-console-output", "Read a server's console log");
    public static readonly PolicyRule AddSecurityGroup = Member("os_compute_api:os-security-groups:add", "Add a security group to a server");
    public static readonly PolicyRule RemoveSecurityGroup = Member("os_compute_api:os-security-groups:remove", "Remove a security group from a server");
    public static readonly PolicyRule ListSecurityGroups = Reader("os_compute_api:os-security-groups:list", "List a server's security groups");
    public static readonly PolicyRule Lock = Member("os_compute_api:os-lock-server:lock", "Lock a server");
    public static readonly PolicyRule Unlock = Member("os_compute_api:os-lock-server:unlock", "Unlock a server");
    public static readonly PolicyRule UnlockOverride = Admin("os_compute_api:os-lock-server:unlock:unlock_override", "Unlock a server that somebody else locked");
    public static readonly PolicyRule ResetState = Admin("os_compute_api:os-admin-actions:reset_state", "Set a server's state");
    public static readonly PolicyRule MetadataIndex = Reader("os_compute_api:server-metadata:index", "List a server's metadata");
    public static readonly PolicyRule MetadataShow = Reader("os_compute_api:server-metadata:show", "Show a server's metadata item");
    public static readonly PolicyRule MetadataCreate = Member("os_compute_api:server-metadata:create", "Add metadata to a server");
    public static readonly PolicyRule MetadataUpdateAll = Member("os_compute_api:server-metadata:update_all", "Replace a server's metadata");
    public static readonly PolicyRule MetadataUpdate = Member("os_compute_api:server-metadata:update", "Set a server's metadata item");
    public static readonly PolicyRule MetadataDelete = Member("os_compute_api:server-metadata:delete", "Delete a server's metadata item");
    public static readonly PolicyRule TagsIndex = Reader("os_compute_api:os-server-tags:index", "List a server's tags");
    public static readonly PolicyRule TagsShow = Reader("os_compute_api:os-server-tags:show", "Check a server's tag");
    public static readonly PolicyRule TagsUpdate = Member("os_compute_api:os-server-tags:update", "Add a tag to a server");
    public static readonly PolicyRule TagsUpdateAll = Member("os_compute_api:os-server-tags:update_all", "Replace a server's tags");
    public static readonly PolicyRule TagsDelete = Member("os_compute_api:os-server-tags:delete", "Delete a server's tag");
    public static readonly PolicyRule TagsDeleteAll = Member("os_compute_api:os-server-tags:delete_all", "Delete a server's tags");
    public static readonly PolicyRule IpsIndex = Reader("os_compute_api:ips:index", "List a server's addresses");
    public static readonly PolicyRule IpsShow = Reader("os_compute_api:ips:show", "List a server's addresses of a network");
    public static readonly PolicyRule InterfacesList = Reader("os_compute_api:os-attach-interfaces:list", "List a server's interfaces");
    public static readonly PolicyRule InterfacesShow = Reader("os_compute_api:os-attach-interfaces:show", "Show a server's interface");
    public static readonly PolicyRule VolumesIndex = Reader("os_compute_api:os-volumes-attachments:index", "List a server's volumes");
    public static readonly PolicyRule ActionsList = Reader("os_compute_api:os-instance-actions:list", "List a server's actions");
    public static readonly PolicyRule ActionsShow = Reader("os_compute_api:os-instance-actions:show", "Show a server's action");
    public static readonly PolicyRule ActionEvents = Admin("os_compute_api:os-instance-actions:events", "See an action's events with their tracebacks");
    public static readonly PolicyRule ActionEventDetails = Admin("os_compute_api:os-instance-actions:events:details", "See details of an action's events");

    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        Index, Detail, AllTenants, AllTenantsDetail, AllowAllFilters, Show, ShowExtraSpecs, HostStatus, Attributes, Create, CreateForcedHost, RequestedDestination,
        AttachNetwork, TrustedCerts, ZeroDiskFlavor, ExternalNetwork, Delete, ForceDelete, Update, Start, Stop, Reboot, ConsoleOutput, AddSecurityGroup,
        RemoveSecurityGroup, ListSecurityGroups, Lock, Unlock, UnlockOverride, ResetState, MetadataIndex, MetadataShow, MetadataCreate, MetadataUpdateAll,
        MetadataUpdate, MetadataDelete, TagsIndex, TagsShow, TagsUpdate, TagsUpdateAll, TagsDelete, TagsDeleteAll, IpsIndex, IpsShow, InterfacesList,
        InterfacesShow, VolumesIndex, ActionsList, ActionsShow, ActionEvents, ActionEventDetails,
    ];

    private static PolicyRule Reader(string name, string description) => new(name, ComputePolicies.Reader, description, ComputePolicies.Project);

    private static PolicyRule Member(string name, string description) => new(name, ComputePolicies.Member, description, ComputePolicies.Project);

    private static PolicyRule Admin(string name, string description) => new(name, ComputePolicies.Admin, description, ComputePolicies.Project);
}
