// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.System.Tests.Client;
using Meridian.Testing;

namespace Meridian.System.Tests.Walk;

// Alone: emulated guests and everything else would share two cores.
[CollectionDefinition(nameof(RealCloud), DisableParallelization = true)]
public sealed class RealCloudCollection : ICollectionFixture<RealCloud>;

/// <summary>
/// Two regions with real hypervisors and networks by <c>meridian up</c>, inside a network namespace of the test's own, so that nothing of the
/// machine's is touched and runs beside each other do not collide.
/// </summary>
public sealed class RealCloud : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public string Namespace { get; } = "mert-" + Guid.NewGuid().ToString("N")[..6];

    public string StateDirectory => folder.File("state");

    public Dictionary<string, string> Openrc(string who, string region) =>
        OpenStackClient.ReadOpenrc(Path.Combine(StateDirectory, $"{who}-openrc-{region}"));

    public OpenStackClient StartClient() => OpenStackClient.Start("ip", "netns", "exec", Namespace);

    /// <summary>Runs a program in the cloud's namespace.</summary>
    public async Task<(int Rc, string Out)> RunAsync(TimeSpan limit, params string[] command)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(limit);
        var start = new ProcessStartInfo("ip", ["netns", "exec", Namespace, .. command]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start");
        process.StandardInput.Close();
        try
        {
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, output + await error);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"no end within {limit}");
        }
    }

    /// <summary>meridian VERB against this cloud's state directory.</summary>
    public Task<(int Rc, string Out)> MeridianAsync(params string[] arguments) =>
        RunAsync(TimeSpan.FromMinutes(10), [SimulatedCloud.Program, .. arguments, "--state-dir", StateDirectory]);

    public async ValueTask InitializeAsync()
    {
        await HostAsync("ip", "netns", "add", Namespace);
        await HostAsync("ip", "-n", Namespace, "link", "set", "lo", "up");
        var (rc, output) = await MeridianAsync("up", "--detach");
        if (rc != 0)
        {
            throw new InvalidOperationException("meridian up did not come up:\n" + output);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await MeridianAsync("down");
        await HostAsync("ip", "netns", "del", Namespace);
        folder.Dispose();
    }

    private static async Task HostAsync(params string[] command)
    {
        using var process = Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync();
    }
}
