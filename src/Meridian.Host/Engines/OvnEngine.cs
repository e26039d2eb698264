// SPDX-License-Identifier: Apache-2.0

using Meridian.Platform.Native;
using Meridian.Platform.Ovsdb;
using Meridian.Platform.Processes;
using Microsoft.Extensions.Logging;

namespace Meridian.Host.Engines;

/// <param name="StateDirectory">Databases, sockets, pid files and logs; all that survives a reboot is in it.</param>
/// <param name="Namespace">The network namespace that the switch runs in: one ovs-vswitchd with a userspace datapath fits into a namespace.</param>
/// <param name="HostName">What nova's <c>host</c> says: ports are bound to a chassis by it.</param>
/// <param name="BridgeMappings">Physical network to the bridge that carries it.</param>
internal sealed record OvnEngineSettings(string StateDirectory, string Namespace, string HostName, IReadOnlyDictionary<string, string> BridgeMappings)
{
    public string TunnelAddress { get; init; } = "127.0.0.1";

    /// <summary>Where sockets and pid files are: a short path, as they are named in configuration files.</summary>
    public string RunDirectory { get; init; } = $"{StateDirectory}/run";
}

internal sealed record OvnDaemonStatus(string Name, int? Pid, long MemoryKib);

/// <summary>
/// One region's own OVN and Open vSwitch on this machine: three ovsdb-servers, northd, vswitchd with the userspace datapath, and a controller.
/// Starting is idempotent: what runs is found again by pid file, what is missing (after a crash, a reboot) is made again.
/// </summary>
internal sealed partial class OvnEngine(OvnEngineSettings settings, ILogger<OvnEngine> logger)
{
    public const string IntegrationBridge = "br-int";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public OvnEngineSettings Settings => settings;

    /// <summary>For <c>[ovn] ovn_nb_connection</c>.</summary>
    public string Northbound => $"unix:{Run}/nb.sock";

    /// <summary>For <c>[ovn] ovn_sb_connection</c>.</summary>
    public string Southbound => $"unix:{Run}/sb.sock";

    /// <summary>For <c>[ovs] ovsdb_connection</c>.</summary>
    public string Switch => $"unix:{Run}/db.sock";

    private string Run => settings.RunDirectory;

    /// <exception cref="ProcessException">A daemon did not start; the message has what it said.</exception>
    /// <exception cref="TimeoutException">The daemons run but did not find one another.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in (string[])[Run, $"{settings.StateDirectory}/log", $"{settings.StateDirectory}/db", $"{settings.StateDirectory}/etc"])
        {
            Directory.CreateDirectory(folder);
        }

        if (await NetworkLinks.EnsureNamespaceAsync(settings.Namespace, VSwitch().FindPid(), cancellationToken))
        {
            LogNamespace(settings.Namespace);
        }

        await Task.WhenAll(Databases().Select(d => StartDatabaseAsync(d.Daemon, d.Name, d.Schema, cancellationToken)));
        await using var local = Client(Switch, "Open_vSwitch", "Open_vSwitch", "Bridge", "Port", "Interface");
        await ConfigureSwitchAsync(local, cancellationToken);
        await EnsureGlobalsAsync(Northbound, "OVN_Northbound", "NB_Global", cancellationToken);
        await EnsureGlobalsAsync(Southbound, "OVN_Southbound", "SB_Global", cancellationToken);
        await StartAsync(Northd(), cancellationToken);
        if (await StartAsync(VSwitch(), cancellationToken) && Controller().FindPid() is not null)
        {
            // A controller that lost its switch waits seconds before it looks again; a new one programs the flows at once.
            await Controller().StopAsync(Patience, cancellationToken);
        }

        await StartAsync(Controller(), cancellationToken);
        await local.WaitForAsync(IsApplied, Patience, cancellationToken);
        await NetworkLinks.BatchAsync(settings.Namespace, Bridges().Select(b => $"link set dev {b} up"), cancellationToken);
        await using var southbound = Client(Southbound, "OVN_Southbound", "Chassis");
        await southbound.WaitForAsync(c => c.Table("Chassis").FindBy("hostname", settings.HostName) is not null, Patience, cancellationToken);
    }

    /// <summary>Ends the daemons; databases and the namespace stay unless asked otherwise.</summary>
    public async Task StopAsync(bool deleteNamespace, CancellationToken cancellationToken)
    {
        if (deleteNamespace)
        {
            await DeleteMetadataNamespacesAsync(cancellationToken);
        }

        // The controller first: it takes its chassis out of the southbound database when it is told to end.
        await Controller().StopAsync(Patience, cancellationToken);
        await Task.WhenAll(Northd().StopAsync(Patience, cancellationToken), VSwitch().StopAsync(Patience, cancellationToken));
        await Task.WhenAll(Databases().Select(d => d.Daemon.StopAsync(Patience, cancellationToken)));
        if (deleteNamespace)
        {
            await NetworkLinks.DeleteNamespaceAsync(settings.Namespace, cancellationToken);
        }
    }

    /// <summary>
    /// Makes the namespace's name usable in this process's mount namespace while a daemon lives in it; takes a name that leads nowhere away.
    /// Names made inside <c>ip netns exec</c> are lost to the next such process.
    /// </summary>
    public async Task RecoverNamespaceAsync(CancellationToken cancellationToken)
    {
        if (VSwitch().FindPid() is { } member)
        {
            await NetworkLinks.EnsureNamespaceAsync(settings.Namespace, member, cancellationToken);
        }
        else if (!await NetworkLinks.IsUsableAsync(settings.Namespace))
        {
            await NetworkLinks.DeleteNamespaceAsync(settings.Namespace, cancellationToken);
        }
    }

    public IReadOnlyList<OvnDaemonStatus> Status() =>
    [
        .. Databases().Select(d => Of($"ovsdb-server {d.Name}", d.Daemon)),
        Of("ovn-northd", Northd()), Of("ovs-vswitchd", VSwitch()), Of("ovn-controller", Controller()),
    ];

    /// <summary>Adds a link of the namespace to a bridge (for uplinks); idempotent.</summary>
    public async Task EnsureBridgePortAsync(string bridge, string link, CancellationToken cancellationToken)
    {
        await using var local = Client(Switch, "Open_vSwitch", "Open_vSwitch", "Bridge", "Port", "Interface");
        await local.ConnectAsync(Patience, cancellationToken);
        var transaction = new OvsdbTransaction();
        SwitchConfiguration.EnsurePort(local, transaction, bridge, link);
        await local.TransactAsync(transaction, cancellationToken);
    }

    /// <summary>The metadata agent's namespaces hang on this switch; its Interface rows name them.</summary>
    private async Task DeleteMetadataNamespacesAsync(CancellationToken cancellationToken)
    {
        if (Databases().First().Daemon.FindPid() is null)
        {
            return;
        }

        await using var local = Client(Switch, "Open_vSwitch", "Interface");
        await local.ConnectAsync(Patience, cancellationToken);
        foreach (var name in local.Table("Interface").Rows.Select(i => i.Entry("external_ids", "metadata-namespace")).OfType<string>())
        {
            await NetworkLinks.DeleteNamespaceAsync(name, cancellationToken);
        }
    }

    /// <summary>
    /// Takes a link off its bridge and returns once the switch has let go of it. A link that is made anew under the same name stays dead in the userspace
    /// datapath otherwise: it goes on reading the one that is gone.
    /// </summary>
    public async Task RemoveBridgePortAsync(string link, CancellationToken cancellationToken)
    {
        await using var local = Client(Switch, "Open_vSwitch", "Open_vSwitch", "Bridge", "Port", "Interface");
        await local.ConnectAsync(Patience, cancellationToken);
        if (local.Table("Port").FindBy("name", link) is not { } port)
        {
            return;
        }

        var transaction = new OvsdbTransaction();
        foreach (var bridge in local.Table("Bridge").Rows.Where(b => b.Set("ports").Contains(port.Uuid)))
        {
            transaction.Remove("Bridge", bridge.Uuid, "ports", new object[] { (OvsdbReference)port.Uuid });
        }

        transaction.Increment("Open_vSwitch", local.Table("Open_vSwitch").Rows.Single().Uuid, "next_cfg");
        await local.TransactAsync(transaction, cancellationToken);
        await local.WaitForAsync(
            c => c.Table("Port").FindBy("name", link) is null && c.Table("Open_vSwitch").Rows.Single() is var row && row.Integer("cur_cfg") >= row.Integer("next_cfg"),
            Patience, cancellationToken);
    }

    private static OvnDaemonStatus Of(string name, PidFileDaemon daemon) => new(name, daemon.FindPid(), daemon.MemoryKib());

    private IEnumerable<string> Bridges() => settings.BridgeMappings.Values.Distinct(StringComparer.Ordinal).Append(IntegrationBridge);

    private OvsdbClient Client(string remote, string database, params string[] tables) =>
        new(OvsdbEndpoint.ParseList(remote), database, [.. tables.Select(t => new OvsdbMonitor(t))], logger: logger);

    private async Task StartDatabaseAsync(PidFileDaemon daemon, string name, string schema, CancellationToken cancellationToken)
    {
        var file = $"{settings.StateDirectory}/db/{name}.db";
        if (!File.Exists(file))
        {
            // Made beside and renamed, so that a kill in between leaves no half database.
            File.Delete($"{file}.new");
            await ProcessRunner.RunAsync("/usr/bin/ovsdb-tool", ["create", $"{file}.new", schema], ProcessOptions.Default, cancellationToken);
            File.Move($"{file}.new", file);
        }

        await StartAsync(daemon, cancellationToken);
    }

    private async Task<bool> StartAsync(PidFileDaemon daemon, CancellationToken cancellationToken)
    {
        var started = await daemon.StartAsync(Environment(), cancellationToken);
        if (started)
        {
            LogStarted(Path.GetFileName(daemon.PidFile), daemon.FindPid() ?? 0);
        }

        return started;
    }

    private async Task ConfigureSwitchAsync(OvsdbClient local, CancellationToken cancellationToken)
    {
        await local.ConnectAsync(Patience, cancellationToken);
        var transaction = new OvsdbTransaction();
        SwitchConfiguration.Ensure(local, transaction, settings, Southbound);
        await local.TransactAsync(transaction, cancellationToken);
    }

    private bool IsApplied(OvsdbClient local)
    {
        var row = local.Table("Open_vSwitch").Rows.Single();
        var names = local.Table("Interface").Rows.Where(i => i.Set("ofport").OfType<long>().Any(p => p > 0)).Select(i => i.Text("name")).ToHashSet();
        return row.Integer("cur_cfg") >= row.Integer("next_cfg") && Bridges().All(names.Contains);
    }

    private async Task EnsureGlobalsAsync(string remote, string database, string table, CancellationToken cancellationToken)
    {
        await using var client = Client(remote, database, table);
        await client.ConnectAsync(Patience, cancellationToken);
        if (!client.Table(table).Rows.Any())
        {
            var transaction = new OvsdbTransaction();
            transaction.Insert(table, []);
            await client.TransactAsync(transaction, cancellationToken);
        }
    }

    private Dictionary<string, string> Environment() => new()
    {
        // A vswitchd that looks elsewhere for br-int.mgmt than the controller is never programmed.
        ["OVS_RUNDIR"] = Run, ["OVS_LOGDIR"] = $"{settings.StateDirectory}/log", ["OVS_DBDIR"] = $"{settings.StateDirectory}/db", ["OVS_SYSCONFDIR"] = $"{settings.StateDirectory}/etc",
        ["OVN_RUNDIR"] = Run, ["OVN_LOGDIR"] = $"{settings.StateDirectory}/log", ["OVN_DBDIR"] = $"{settings.StateDirectory}/db", ["OVN_SYSCONFDIR"] = $"{settings.StateDirectory}/etc",
    };

    private IEnumerable<(string Name, string Schema, PidFileDaemon Daemon)> Databases()
    {
        yield return ("local", "/usr/share/openvswitch/vswitch.ovsschema", Database("local", "db.sock"));
        yield return ("nb", "/usr/share/ovn/ovn-nb.ovsschema", Database("nb", "nb.sock"));
        yield return ("sb", "/usr/share/ovn/ovn-sb.ovsschema", Database("sb", "sb.sock"));
    }

    private PidFileDaemon Database(string name, string socket) =>
        Daemon("/usr/sbin/ovsdb-server", name, null, $"--unixctl={Run}/{name}.ctl", $"--remote=punix:{Run}/{socket}", $"{settings.StateDirectory}/db/{name}.db");

    private PidFileDaemon Northd() =>
        Daemon("/usr/bin/ovn-northd", "northd", null, $"--unixctl={Run}/northd.ctl", $"--ovnnb-db={Northbound}", $"--ovnsb-db={Southbound}");

    private PidFileDaemon VSwitch() => Daemon("/usr/sbin/ovs-vswitchd", "vswitchd", settings.Namespace, $"--unixctl={Run}/vswitchd.ctl", Switch);

    private PidFileDaemon Controller() => Daemon("/usr/bin/ovn-controller", "controller", settings.Namespace, Switch);

    private PidFileDaemon Daemon(string program, string name, string? inNamespace, params string[] arguments)
    {
        var pidFile = $"{Run}/{name}.pid";
        return new(program, pidFile, ["--detach", "--no-chdir", "-vconsole:off", $"--pidfile={pidFile}", $"--log-file={settings.StateDirectory}/log/{name}.log", .. arguments], inNamespace);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Made the network namespace {Namespace}")]
    private partial void LogNamespace(string @namespace);

    [LoggerMessage(Level = LogLevel.Information, Message = "Started {Daemon} as process {Pid}")]
    private partial void LogStarted(string daemon, int pid);
}
