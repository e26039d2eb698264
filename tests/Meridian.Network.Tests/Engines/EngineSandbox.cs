// SPDX-License-Identifier: Apache-2.0

using Meridian.Host.Engines;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Network.Tests.Engines;

/// <summary>A region's OVN in a namespace and a folder of its own, stopped and deleted in the end.</summary>
public sealed class EngineSandbox : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mer5-ovn").FullName;

    public EngineSandbox()
    {
        Name = $"mer5-{Path.GetFileName(folder)[8..]}";
        Engine = NewEngine();
    }

    public string Name { get; }

    internal OvnEngine Engine { get; }

    /// <summary>Null when OVN can be started here, else why not.</summary>
    public static string? Missing =>
        Environment.UserName != "root" ? "needs root (network namespaces)"
        : !File.Exists("/usr/bin/ovn-controller") || !File.Exists("/usr/sbin/ovs-vswitchd") ? "openvswitch-switch, ovn-central and ovn-host are not installed" : null;

    /// <summary>As the next control process would make it, over the same state.</summary>
    internal OvnEngine NewEngine() =>
        new(new($"{folder}/ovn", Name, "host5", new Dictionary<string, string> { ["physnet1"] = "br-ex" }), NullLogger<OvnEngine>.Instance);

    public async ValueTask DisposeAsync()
    {
        await Engine.StopAsync(deleteNamespace: true, CancellationToken.None);
        Directory.Delete(folder, recursive: true);
    }
}
