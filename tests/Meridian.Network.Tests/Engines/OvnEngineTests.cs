// SPDX-License-Identifier: Apache-2.0

using System.Diagnostics;
using Meridian.Platform.Native;

namespace Meridian.Network.Tests.Engines;

[Trait("needs", "root")]
public sealed class OvnEngineTests : IAsyncLifetime
{
    private readonly EngineSandbox sandbox = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(EngineSandbox.Missing is not null, EngineSandbox.Missing ?? "");
        try
        {
            await sandbox.Engine.StartAsync(Token);
        }
        catch
        {
            // xunit does not dispose what did not initialise.
            await sandbox.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => sandbox.DisposeAsync();

    [Fact]
    public async Task Starting_again_changes_nothing()
    {
        var before = sandbox.Engine.Status();
        Assert.All(before, d => Assert.NotNull(d.Pid));

        await sandbox.NewEngine().StartAsync(Token);

        Assert.Equal(before.Select(d => d.Pid), sandbox.Engine.Status().Select(d => d.Pid));
    }

    [Theory]
    [InlineData("ovs-vswitchd")]
    [InlineData("ovn-northd")]
    [InlineData("ovsdb-server sb")]
    [InlineData("ovsdb-server local")]
    [InlineData("ovn-controller")]
    public async Task A_killed_daemon_is_started_again_and_the_others_are_kept(string name)
    {
        var before = sandbox.Engine.Status().ToDictionary(d => d.Name, d => d.Pid);
        using (var victim = Process.GetProcessById(before[name]!.Value))
        {
            victim.Kill();
            await victim.WaitForExitAsync(Token);
        }

        await sandbox.NewEngine().StartAsync(Token);

        var after = sandbox.Engine.Status().ToDictionary(d => d.Name, d => d.Pid);
        Assert.All(after, d => Assert.NotNull(d.Value));
        Assert.NotEqual(before[name], after[name]);
        Assert.All(after.Where(d => d.Key != name && d.Key != "ovn-controller"), d => Assert.Equal(before[d.Key], d.Value));
    }

    [Fact]
    public async Task A_lost_name_of_the_namespace_is_given_back()
    {
        var before = sandbox.Engine.Status();
        await NetworkLinks.DeleteNamespaceAsync(sandbox.Name, Token);
        await File.WriteAllTextAsync(NetworkNamespace.PathOf(sandbox.Name), "", Token);

        await sandbox.NewEngine().RecoverNamespaceAsync(Token);

        Assert.True(await NetworkLinks.ExistsAsync(sandbox.Name, "br-int", Token));
        await NetworkLinks.DeleteNamespaceAsync(sandbox.Name, Token);

        await sandbox.NewEngine().StartAsync(Token);

        Assert.True(await NetworkLinks.ExistsAsync(sandbox.Name, "br-int", Token));
        Assert.Equal(before.Select(d => d.Pid), sandbox.Engine.Status().Select(d => d.Pid));
    }

    [Fact]
    public async Task After_a_reboot_all_is_made_again_from_the_state_directory()
    {
        foreach (var daemon in sandbox.Engine.Status())
        {
            using var victim = Process.GetProcessById(daemon.Pid!.Value);
            victim.Kill();
            await victim.WaitForExitAsync(Token);
        }

        await NetworkLinks.DeleteNamespaceAsync(sandbox.Name, Token);

        await sandbox.NewEngine().StartAsync(Token);

        Assert.All(sandbox.Engine.Status(), d => Assert.NotNull(d.Pid));
        Assert.True(await NetworkLinks.ExistsAsync(sandbox.Name, "br-int", Token));
    }
}
