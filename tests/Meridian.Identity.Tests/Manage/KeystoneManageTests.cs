// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Manage;
using Meridian.Testing;

namespace Meridian.Identity.Tests.Manage;

public sealed class KeystoneManageTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    private string ConfigFile => folder.File("keystone.conf");

    public async ValueTask InitializeAsync() => await File.WriteAllTextAsync(
        ConfigFile,
        $"""
         [database]
         connection = sqlite:///{folder.File("keystone.db")}
         [fernet_tokens]
         key_repository = {folder.File("fernet-keys")}
         [credential]
         key_repository = {folder.File("credential-keys")}
         [identity]
         password_hash_rounds = 4
         """,
        TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Db_sync_check_is_2_before_and_0_after()
    {
        Assert.Equal(2, (await RunAsync("db_sync", "--check")).Code);
        Assert.Equal(0, (await RunAsync("db_sync")).Code);
        Assert.Equal(0, (await RunAsync("db_sync", "--check")).Code);
        Assert.Equal(0, (await RunAsync("db_sync", "--expand")).Code);
        Assert.Equal(0, (await RunAsync("db_sync", "--contract")).Code);
    }

    [Fact]
    public async Task Bootstrap_wants_a_password()
    {
        var (code, output, _) = await RunAsync("bootstrap");

        Assert.Equal(1, code);
        Assert.Contains("OS_BOOTSTRAP_PASSWORD", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bootstrap_before_db_sync_says_what_to_run()
    {
        var (code, _, error) = await RunAsync("bootstrap", "--bootstrap-password", "x");

        Assert.Equal(1, code);
        Assert.Contains("db_sync", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "nosuch")]
    [InlineData(2, "bootstrap", "--nosuch")]
    [InlineData(2, "bootstrap", "--bootstrap-password")]
    [InlineData(2)]
    public async Task Wrong_arguments_are_2_as_argparse_has_it(int code, params string[] arguments) => Assert.Equal(code, (await RunAsync(arguments)).Code);

    [Fact]
    public async Task Keys_are_set_up_once_and_rotated()
    {
        Assert.Equal(1, (await RunAsync("fernet_rotate")).Code);
        Assert.Equal(0, (await RunAsync("fernet_setup", "--keystone-user", "0", "--keystone-group", "0")).Code);
        Assert.Equal(0, (await RunAsync("fernet_setup")).Code);
        Assert.Equal(0, (await RunAsync("fernet_rotate")).Code);
        Assert.Equal(0, (await RunAsync("credential_setup")).Code);
        Assert.Equal(3, Directory.GetFiles(folder.File("fernet-keys")).Length);
        Assert.Equal(2, Directory.GetFiles(folder.File("credential-keys")).Length);
    }

    [Fact]
    public async Task Doctor_finds_what_is_missing_and_is_content_after()
    {
        var before = await RunAsync("doctor");
        foreach (var command in new[] { "fernet_setup", "credential_setup", "db_sync" })
        {
            await RunAsync(command);
        }

        Assert.Equal(1, before.Code);
        Assert.Contains("fernet_setup", before.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("doctor")).Code);
    }

    [Fact]
    public async Task Bootstrap_repairs_and_adds_a_region_without_touching_the_other()
    {
        await using var keystone = await KeystoneFixture.StartAsync();
        var region = (await keystone.CallAsync(HttpMethod.Get, "/v3/endpoints"))!.Value.GetProperty("endpoints").GetRawText();

        await keystone.ManageAsync(
            "bootstrap", "--bootstrap-password", KeystoneFixture.AdminPassword, "--bootstrap-region-id", "RegionThree", "--bootstrap-public-url", keystone.AuthUrl,
            "--bootstrap-internal-url", keystone.AuthUrl, "--bootstrap-admin-url", keystone.AuthUrl);

        Assert.Equal(3, (await keystone.CallAsync(HttpMethod.Get, "/v3/endpoints?region_id=RegionThree"))!.Value.GetProperty("endpoints").GetArrayLength());
        Assert.Equal(region, (await keystone.CallAsync(HttpMethod.Get, "/v3/endpoints?region_id=RegionOne"))!.Value.GetProperty("endpoints").GetRawText());
        Assert.Equal(1, (await keystone.CallAsync(HttpMethod.Get, "/v3/services"))!.Value.GetProperty("services").GetArrayLength());
    }

    [Fact]
    public async Task Bootstrap_with_another_password_resets_it_and_ends_the_old_tokens()
    {
        await using var keystone = await KeystoneFixture.StartAsync();
        var old = await keystone.AdminTokenAsync();

        await keystone.ManageAsync("bootstrap", "--bootstrap-password", "another");

        Assert.NotEmpty(await keystone.TokenAsync("admin", "another", "admin"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/users");
        request.Headers.Add("X-Auth-Token", old);
        using var answer = await keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(401, (int)answer.StatusCode);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await KeystoneManage.RunAsync(
            ["--config-file", ConfigFile, .. arguments], output, error, TestContext.Current.CancellationToken, environment: _ => null);
        return (code, output.ToString(), error.ToString());
    }
}
