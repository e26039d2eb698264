// SPDX-License-Identifier: Apache-2.0

using System.ComponentModel;
using System.Text;
using Meridian.Platform.Processes;

namespace Meridian.Platform.Native;

/// <summary>Named network namespaces and the links in them, by iproute2. A null namespace is the process's own.</summary>
public static class NetworkLinks
{
    private const string Ip = "/usr/sbin/ip";
    private const string Ethtool = "/usr/sbin/ethtool";
    private static readonly ProcessOptions AnyEnd = new() { SuccessCodes = [0, 1, 2, 255] };

    /// <summary>Creates the namespace with its loopback up, unless it is there and usable.</summary>
    /// <param name="member">A process that lives in it, by whose id a lost name is given back; it is lost where another mount namespace made it.</param>
    /// <returns>Whether it had to be created.</returns>
    public static async Task<bool> EnsureNamespaceAsync(string name, int? member, CancellationToken cancellationToken)
    {
        if (await IsUsableAsync(name))
        {
            return false;
        }

        if (NetworkNamespace.Exists(name))
        {
            await ProcessRunner.RunAsync(Ip, ["netns", "delete", name], AnyEnd, cancellationToken);
        }

        if (member is { } pid)
        {
            await ProcessRunner.RunAsync(Ip, ["netns", "attach", name, pid.ToString(null, null)], ProcessOptions.Default, cancellationToken);
            return false;
        }

        await ProcessRunner.RunAsync(Ip, ["netns", "add", name], ProcessOptions.Default, cancellationToken);
        await ProcessRunner.RunAsync(Ip, ["-n", name, "link", "set", "lo", "up"], ProcessOptions.Default, cancellationToken);
        return true;
    }

    /// <summary>Returns normally when there is none.</summary>
    public static async Task DeleteNamespaceAsync(string name, CancellationToken cancellationToken)
    {
        if (NetworkNamespace.Exists(name))
        {
            await ProcessRunner.RunAsync(Ip, ["netns", "delete", name], ProcessOptions.Default, cancellationToken);
        }
    }

    /// <summary>A name can outlive its namespace: then entering it fails.</summary>
    public static async Task<bool> IsUsableAsync(string name)
    {
        if (!NetworkNamespace.Exists(name))
        {
            return false;
        }

        try
        {
            return await NetworkNamespace.RunAsync(name, static () => true);
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    public static async Task<bool> ExistsAsync(string? @namespace, string link, CancellationToken cancellationToken) =>
        (await ProcessRunner.RunAsync(Ip, [.. In(@namespace), "link", "show", "dev", link], AnyEnd, cancellationToken)).ExitCode == 0;

    /// <summary>Runs iproute2 commands, one a line without the leading <c>ip</c>, in one process; stops at the first that fails.</summary>
    /// <exception cref="ProcessException"/>
    public static Task BatchAsync(string? @namespace, IEnumerable<string> commands, CancellationToken cancellationToken) =>
        ProcessRunner.RunAsync(Ip, [.. In(@namespace), "-batch", "-"], new() { Input = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', commands) + "\n")) }, cancellationToken);

    /// <summary>Deletes the link, and its peer with it. Returns normally when there is none.</summary>
    public static async Task DeleteAsync(string? @namespace, string link, CancellationToken cancellationToken)
    {
        var result = await ProcessRunner.RunAsync(Ip, [.. In(@namespace), "link", "delete", "dev", link], AnyEnd, cancellationToken);
        if (result.ExitCode != 0 && await ExistsAsync(@namespace, link, cancellationToken))
        {
            throw new ProcessException(Ip, result.ExitCode, result.Error, $"could not delete {link}");
        }
    }

    /// <summary>
    /// Makes the kernel finish checksums before a packet leaves the link: Open vSwitch's userspace datapath takes them as they come
    /// (TCP dies otherwise, ICMP does not).
    /// </summary>
    public static Task DisableOffloadAsync(string? @namespace, string link, CancellationToken cancellationToken) => @namespace is null
        ? ProcessRunner.RunAsync(Ethtool, ["-K", link, "tx", "off", "gro", "off"], ProcessOptions.Default, cancellationToken)
        : ProcessRunner.RunAsync(Ip, ["netns", "exec", @namespace, Ethtool, "-K", link, "tx", "off", "gro", "off"], ProcessOptions.Default, cancellationToken);

    private static string[] In(string? @namespace) => @namespace is null ? [] : ["-n", @namespace];
}
