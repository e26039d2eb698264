// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute;
using Meridian.Identity;
using Meridian.Identity.Manage;
using Meridian.Image;
using Meridian.Network;
using Meridian.Network.Agent;
using Meridian.Placement;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Host.Programs;

/// <summary>Something that this executable is when it is called by one of its other names.</summary>
internal interface IProgram
{
    /// <summary>OpenStack's name of it.</summary>
    string Name { get; }

    /// <param name="name">The name that it was called by.</param>
    Task<int> RunAsync(string name, string[] arguments);
}

/// <param name="Project">Names its folder in /etc and its user.</param>
/// <param name="IdentityRegionOnly">Runs where Keystone is, and not in the other regions.</param>
/// <param name="Simulates">What <c>status</c> says of it when the cloud is simulated.</param>
/// <param name="NeedsEngines">Has nothing to do, and does not run, where the cloud is simulated.</param>
/// <param name="LogsInAtOnce">Reports to another service as soon as it runs, so the first <c>up</c> starts it when its user is there.</param>
internal sealed record ServiceProgram(
    string Name, string Project, Func<ServiceDefinition> Define, bool IdentityRegionOnly = false, string? Simulates = null, bool NeedsEngines = false,
    bool LogsInAtOnce = false) : IProgram
{
    public Task<int> RunAsync(string name, string[] arguments) => ServiceProcess.RunAsync(this, name, arguments);
}

/// <summary>keystone-manage, which Identity has whole.</summary>
internal sealed class KeystoneManageProgram : IProgram
{
    public string Name => "keystone-manage";

    public Task<int> RunAsync(string name, string[] arguments) => KeystoneManage.RunAsync(arguments, Console.Out, Console.Error, CancellationToken.None, input: Console.In);
}

/// <summary>OpenStack's programs: by which names they are called, and what <c>up</c> hosts in each region.</summary>
internal static class ProgramTable
{
    /// <summary>Programs of a region, in the order in which they are listed; all start at once.</summary>
    public static IReadOnlyList<ServiceProgram> Services { get; } =
    [
        new("keystone", "keystone", IdentityService.Definition, IdentityRegionOnly: true),
        new("glance-api", "glance", ImageService.Definition),
        new("placement-api", "placement", PlacementService.Definition),
        new("nova-api", "nova", ComputeService.ApiDefinition),
        new("nova-metadata", "nova", ComputeService.MetadataDefinition),
        new("nova-scheduler", "nova", ComputeService.SchedulerDefinition),
        new("nova-conductor", "nova", ComputeService.ConductorDefinition),
        new("nova-compute", "nova", ComputeService.ComputeDefinition, Simulates: "simulated: servers are records only", LogsInAtOnce: true),
        new("neutron-server", "neutron", NetworkService.Definition, Simulates: "simulated: switches no packet"),
        new("neutron-ovn-metadata-agent", "neutron", MetadataAgentService.Definition, NeedsEngines: true),
    ];

    private static IReadOnlyList<IProgram> Managers { get; } =
    [
        new KeystoneManageProgram(),
        new ManageProgram("glance-manage", Service("glance-api"), ["db_sync", "db sync", "db_upgrade", "db_expand", "db_migrate", "db_contract"], ["db_version", "db version"], []),
        new ManageProgram("placement-manage", Service("placement-api"), ["db sync"], ["db version"], []),
        new ManageProgram("nova-manage", Service("nova-api"), ["db sync"], ["db version"], ["api_db sync", "cell_v2 map_cell0", "cell_v2 create_cell", "cell_v2 simple_cell_setup", "cell_v2 discover_hosts"]),
        new ManageProgram("neutron-db-manage", Service("neutron-server"), ["upgrade heads", "upgrade head"], ["current"], []),
    ];

    private static ServiceProgram Service(string name) => Services.First(s => s.Name == name);

    /// <returns>Null for <c>meridian</c> itself.</returns>
    public static IProgram? Find(string name)
    {
        name = name switch
        {
            "keystone-wsgi-public" or "keystone-wsgi-admin" or "keystone-all" => "keystone",
            "glance-wsgi-api" => "glance-api",
            "nova-api-wsgi" or "nova-api-os-compute" => "nova-api",
            "nova-api-metadata" or "nova-metadata-wsgi" => "nova-metadata",
            "neutron-api" => "neutron-server",
            _ => name,
        };
        return (IProgram?)Services.FirstOrDefault(s => s.Name == name) ?? Managers.FirstOrDefault(m => m.Name == name);
    }

    /// <summary>
    /// All options of the programs that read a file: nova-api and nova-compute read one nova.conf, and an option of the other is no unknown one.
    /// </summary>
    public static IReadOnlyList<Option> OptionsOf(string fileName, IEnumerable<Option> own) =>
        [.. own.Concat(Services.Select(s => s.Define()).Where(d => d.ConfigFileName == fileName).SelectMany(d => d.Options)).Distinct()];

    public static IReadOnlyList<RetiredOption> RetiredOf(string fileName) =>
        [.. Services.Select(s => s.Define()).Where(d => d.ConfigFileName == fileName).SelectMany(d => d.Retired).Distinct()];
}
