// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Meridian.System.Tests.Client;
using Meridian.Testing;

namespace Meridian.System.Tests.Walk;

/// <summary>What a user does with a server, in both regions, on real hypervisors and networks: create, look, log in, stop, start, reboot, delete.</summary>
[Collection(nameof(RealCloud))]
[Trait("needs", "root")]
public sealed class ServerWalkTests(RealCloud cloud)
{
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(5);

    // At once, as users of two regions do: emulated guests take their time to boot, one core each.
    [Fact]
    public Task A_user_of_each_region_boots_a_server_logs_in_and_deletes_it() => Task.WhenAll(WalkAsync("RegionOne", "172.24.4."), WalkAsync("RegionTwo", "172.24.5."));

    private async Task WalkAsync(string region, string floatingPrefix)
    {
        using var files = new TemporaryFolder();
        await using var client = cloud.StartClient();
        foreach (var (name, value) in cloud.Openrc("demo", region))
        {
            client.Environment[name] = value;
        }

        var suffix = Guid.NewGuid().ToString("N")[..6];
        await RunAsync(client, $"security group create web-{suffix}");
        await RunAsync(client, $"security group rule create --proto icmp web-{suffix}");
        await RunAsync(client, $"security group rule create --proto tcp --dst-port 22 web-{suffix}");
        var key = files.File("id");
        await File.WriteAllTextAsync(key, (await RunAsync(client, $"keypair create key-{suffix}")).Out, Token);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(files.File("user-data"), "#!/bin/sh\necho walked > /tmp/user-data-ran\n(while true; do echo hello | nc -l -p 8080; done) >/dev/null 2>&1 &\n", Token);

        var created = await client.RunAsync(
            $"server create --image meridian-guest --flavor m1.nano --network private --key-name key-{suffix} --security-group web-{suffix} --user-data {files.File("user-data")} --wait vm-{suffix}");
        var server = await client.JsonAsync($"server show vm-{suffix}");
        Assert.True(created.Rc == 0, $"{created.Err}\n{server}");
        Assert.Equal("ACTIVE", server.GetProperty("status").GetString());
        Assert.Contains(await Names(client, "server list"), name => name == $"vm-{suffix}");

        var address = (await client.JsonAsync("floating ip create public")).GetProperty("floating_ip_address").GetString()!;
        Assert.StartsWith(floatingPrefix, address, StringComparison.Ordinal);
        await RunAsync(client, $"server add floating ip vm-{suffix} {address}");

        await UntilAsync(async () => (await SshAsync(key, address, "cat /tmp/user-data-ran")) is (0, var text) && text.Contains("walked", StringComparison.Ordinal), $"log in at {address}");
        Assert.Contains($"vm-{suffix}", (await SshAsync(key, address, "hostname")).Out, StringComparison.Ordinal);
        Assert.False(await ConnectsAsync(address, 8080), "a port that no rule opens is closed");
        await RunAsync(client, $"security group create more-{suffix}");
        await RunAsync(client, $"security group rule create --proto tcp --dst-port 8080 more-{suffix}");
        await RunAsync(client, $"server add security group vm-{suffix} more-{suffix}");
        await UntilAsync(() => ConnectsAsync(address, 8080), "the port that a further group opens answers");
        await RunAsync(client, $"server remove security group vm-{suffix} more-{suffix}");
        await UntilAsync(async () => !await ConnectsAsync(address, 8080), "closed port after the group was taken away");
        await RunAsync(client, $"security group delete more-{suffix}");
        await RunAsync(client, $"security group rule create --proto tcp --dst-port 8080 web-{suffix}");
        await UntilAsync(() => ConnectsAsync(address, 8080), "the opened port answers");
        Assert.Contains("guest: eth0 has", (await RunAsync(client, $"console log show vm-{suffix}")).Out, StringComparison.Ordinal);

        await RunAsync(client, $"server reboot --soft --wait vm-{suffix}");
        await UntilAsync(async () => (await SshAsync(key, address, "true")).Rc == 0, "log in after the soft reboot");
        await RunAsync(client, $"server reboot --hard --wait vm-{suffix}");
        await RunAsync(client, $"server stop vm-{suffix}");
        await UntilAsync(async () => (await client.JsonAsync($"server show vm-{suffix}")).GetProperty("status").GetString() == "SHUTOFF", "SHUTOFF after stop");
        await RunAsync(client, $"server start vm-{suffix}");
        await UntilAsync(async () => (await SshAsync(key, address, "true")).Rc == 0, "log in after start");
        await KillSwitchAsync(region);
        await UntilAsync(async () => (await SshAsync(key, address, "true")).Rc == 0, "log in after the switch died and was started again");
        await RunAsync(client, $"server set --name renamed-{suffix} vm-{suffix}");
        Assert.Contains(await Names(client, "server list"), name => name == $"renamed-{suffix}");

        await RunAsync(client, $"server remove floating ip renamed-{suffix} {address}");
        await RunAsync(client, $"floating ip delete {address}");
        await RunAsync(client, $"server delete --wait renamed-{suffix}");
        Assert.DoesNotContain(await Names(client, "server list"), name => name == $"renamed-{suffix}");
        await RunAsync(client, $"security group delete web-{suffix}");
        await RunAsync(client, $"keypair delete key-{suffix}");
    }

    [Theory]
    [InlineData("RegionOne")]
    [InlineData("RegionTwo")]
    public async Task An_operator_sees_hosts_services_agents_and_inventories(string region)
    {
        await using var client = cloud.StartClient();
        foreach (var (name, value) in cloud.Openrc("admin", region))
        {
            client.Environment[name] = value;
        }

        var hypervisor = Assert.Single((await client.JsonAsync("hypervisor list")).EnumerateArray());
        Assert.Equal("up", hypervisor.GetProperty("State").GetString());
        Assert.All((await client.JsonAsync("compute service list")).EnumerateArray(), s => Assert.Equal("up", s.GetProperty("State").GetString()));
        Assert.All((await client.JsonAsync("network agent list")).EnumerateArray(), a => Assert.True(a.GetProperty("Alive").GetBoolean()));
        Assert.NotEmpty((await client.JsonAsync("availability zone list")).EnumerateArray());
        var provider = Assert.Single((await client.JsonAsync("resource provider list")).EnumerateArray());
        var inventory = await client.JsonAsync($"resource provider inventory list {provider.GetProperty("uuid").GetString()}");
        Assert.Contains(inventory.EnumerateArray(), i => i.GetProperty("resource_class").GetString() == "VCPU");
        Assert.NotEmpty((await client.JsonAsync("--os-placement-api-version 1.10 allocation candidate list --resource VCPU=1 --resource MEMORY_MB=64")).EnumerateArray());
    }

    [Fact]
    public async Task The_audit_is_clean()
    {
        var (rc, output) = await cloud.MeridianAsync("audit");

        Assert.True(rc == 0, output);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<ClientResult> RunAsync(OpenStackClient client, string arguments) => (await client.RunAsync(arguments)).Succeeded();

    private async Task KillSwitchAsync(string region)
    {
        var pidFile = Path.Combine(cloud.StateDirectory, "lib", region, "ovn", "run", "vswitchd.pid");
        var pid = int.Parse(await File.ReadAllTextAsync(pidFile, Token), null);
        using var process = Process.GetProcessById(pid);
        process.Kill();
        await process.WaitForExitAsync(Token);
        await UntilAsync(() => Task.FromResult(File.Exists(pidFile) && int.TryParse(File.ReadAllText(pidFile), out var now) && now != pid), "new switch of " + region);
    }

    private static async Task<List<string?>> Names(OpenStackClient client, string list) =>
        [.. (await client.JsonAsync(list)).EnumerateArray().Select(item => item.GetProperty("Name").GetString())];

    private Task<(int Rc, string Out)> SshAsync(string key, string address, string command) => cloud.RunAsync(
        TimeSpan.FromSeconds(20), "ssh", "-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
        "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR", "guest@" + address, command);

    private async Task<bool> ConnectsAsync(string address, int port) =>
        (await cloud.RunAsync(TimeSpan.FromSeconds(5), "bash", "-c", $"exec 3<>/dev/tcp/{address}/{port}")).Rc == 0;

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < BootLimit, $"no {what} within {BootLimit}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), Token);
        }
    }
}
