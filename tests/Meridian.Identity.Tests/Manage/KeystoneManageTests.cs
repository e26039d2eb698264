// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Identity.Manage;
using Meridian.Identity.Users;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

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
         [fernet_receipts]
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
    public async Task Db_sync_wants_expand_before_contract_and_takes_no_version()
    {
        Assert.Equal(1, (await RunAsync("db_sync", "--contract")).Code);
        Assert.Equal(0, (await RunAsync("db_sync", "--migrate")).Code);
        Assert.Equal(2, (await RunAsync("db_sync", "--check")).Code);
        var (code, _, error) = await RunAsync("db_sync", "27");

        Assert.Equal(1, code);
        Assert.Contains("Specifying a version is no longer supported", error, StringComparison.Ordinal);
        Assert.Equal("0", (await RunAsync("db_version")).Output.Trim());
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
    [InlineData(2, "bootstrap", "--bootstrap-p", "x")]
    [InlineData(2, "db_sync", "--expand", "--contract")]
    [InlineData(2, "db_sync", "1", "2")]
    [InlineData(2, "mapping_purge", "--type", "project")]
    [InlineData(2, "user_setup", "--username", "x")]
    [InlineData(2, "token_flush")]
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
    public async Task Receipts_have_keys_of_their_own_where_that_is_configured()
    {
        await RunAsync("fernet_setup");
        Assert.Equal(2, Directory.GetFiles(folder.File("fernet-keys")).Length);
        await File.AppendAllTextAsync(ConfigFile, $"\n[fernet_receipts]\nkey_repository = {folder.File("receipt-keys")}\n", TestContext.Current.CancellationToken);

        Assert.Equal(0, (await RunAsync("fernet_setup")).Code);
        Assert.Equal(0, (await RunAsync("fernet_rotate")).Code);
        Assert.Equal(0, (await RunAsync("receipt_setup")).Code);
        Assert.Equal(0, (await RunAsync("receipt_rotate")).Code);
        Assert.Equal(0, (await RunAsync("token_setup")).Code);
        Assert.Equal(0, (await RunAsync("token_rotate")).Code);

        Assert.Equal(["0", "2", "3"], Directory.GetFiles(folder.File("receipt-keys")).Select(Path.GetFileName).Order());
        Assert.Equal(["0", "2", "3"], Directory.GetFiles(folder.File("fernet-keys")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_pair_of_JWS_keys_is_written_here_and_over_another_only_by_force()
    {
        Assert.Equal(0, (await RunAsync("create_jws_keypair", "--keystone-user", "0", "--keystone-group", "0")).Code);
        var first = await File.ReadAllTextAsync(folder.File("private.pem"), TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync("create_jws_keypair");

        Assert.Equal(1, code);
        Assert.Equal($"Private key {folder.File("private.pem")} already exists\n", error);
        Assert.Equal(0, (await RunAsync("create_jws_keypair", "--force")).Code);
        Assert.NotEqual(first, await File.ReadAllTextAsync(folder.File("private.pem"), TestContext.Current.CancellationToken));
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", await File.ReadAllTextAsync(folder.File("public.pem"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bootstrap", "--bootstrap-region-id OS_BOOTSTRAP_REGION_ID")]
    [InlineData("db_sync", "--check")]
    [InlineData("create_jws_keypair", "--force")]
    [InlineData("mapping_purge", "{user,group}")]
    public async Task Help_of_a_command_lists_its_options(string command, string option)
    {
        var (code, output, _) = await RunAsync(command, "--help");

        Assert.Equal(0, code);
        Assert.StartsWith($"usage: keystone-manage {command} [-h]", output, StringComparison.Ordinal);
        Assert.Contains(option, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_has_help_and_the_program_lists_them_all()
    {
        var (code, all, _) = await RunAsync("-h");
        Assert.Equal(0, code);
        foreach (var command in KeystoneManage.Commands)
        {
            Assert.Contains("  " + command.Name, all, StringComparison.Ordinal);
            Assert.Equal(0, (await RunAsync(command.Name, "-h")).Code);
        }

        Assert.Matches(@"^\d+\.\d+\.\d+\n$", (await RunAsync("--version")).Output);
    }

    [Fact]
    public async Task Options_may_be_cut_as_long_as_one_has_the_name()
    {
        await RunAsync("db_sync");

        Assert.Equal(0, (await RunAsync("bootstrap", "--bootstrap-pass", "x", "--bootstrap-user=root")).Code);
    }

    [Fact]
    public async Task Mapping_commands_judge_their_arguments_and_find_nothing()
    {
        await RunAsync("db_sync");
        await RunAsync("bootstrap", "--bootstrap-password", "x");

        Assert.Equal(1, (await RunAsync("mapping_purge")).Code);
        Assert.Equal(1, (await RunAsync("mapping_purge", "--all", "--type", "user")).Code);
        Assert.Equal(1, (await RunAsync("mapping_purge", "--domain-name", "nosuch")).Code);
        Assert.Equal(0, (await RunAsync("mapping_purge", "--domain-name", "default", "--type", "group")).Code);
        Assert.Equal(0, (await RunAsync("mapping_purge", "--all")).Code);
        Assert.Equal((0, "Invalid domain name: nosuch\n"), (await RunAsync("mapping_populate", "--domain-name", "nosuch")) switch { var r => (r.Code, r.Output) });
        Assert.Equal(1, (await RunAsync("mapping_engine", "--rules", "r", "--input", "i")).Code);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("n\n", 1)]
    [InlineData("Yes\n", 0)]
    public async Task Reset_last_active_asks_first(string answer, int code)
    {
        await RunAsync("db_sync");
        using var input = new StringReader(answer);
        using var output = new StringWriter();
        using var error = new StringWriter();

        Assert.Equal(code, await KeystoneManage.RunAsync(
            ["--config-file", ConfigFile, "reset_last_active"], output, error, TestContext.Current.CancellationToken, environment: _ => null, input: input));

        Assert.Contains("[y/N]", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(code == 1 ? "reset_last_active aborted.\n" : "", error.ToString());
    }

    [Fact]
    public async Task Reset_last_active_starts_the_days_of_inactivity_for_those_who_never_came()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var keystone = await KeystoneFixture.StartAsync("[security_compliance]\ndisable_user_account_days_inactive = 1\n", clock: clock);
        await keystone.CreateAsync("user", new { name = "sleeper", password = "pw", domain_id = "default" });
        await keystone.CreateAsync("user", new { name = "other", password = "pw", domain_id = "default" });
        Assert.NotEmpty(await keystone.TokenAsync("other", "pw", null));
        await SetCreatedAsync(keystone, clock.GetUtcNow().UtcDateTime.AddDays(-30));
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.TokenAsync("sleeper", "pw", null));

        await keystone.ManageAsync("reset_last_active", "--force");

        Assert.NotEmpty(await keystone.TokenAsync("sleeper", "pw", null));
    }

    [Fact]
    public async Task Users_and_projects_are_set_up_under_a_given_id()
    {
        await using var keystone = await KeystoneFixture.StartAsync();
        const string Id = "0123456789abcdef0123456789abcdef";

        await keystone.ManageAsync("project_setup", "--project-name", "set", "--project-id", Id);
        await keystone.ManageAsync("user_setup", "--username", "set", "--user-password-plain", "one", "--user-id", Id);
        var token = await keystone.TokenAsync("set", "one", null);
        await keystone.ManageAsync("user_setup", "--username", "set", "--user-password-plain", "two");

        Assert.Equal(Id, await keystone.FindIdAsync("projects", "set"));
        Assert.Equal(Id, await keystone.FindIdAsync("users", "set"));
        Assert.NotEqual(token, await keystone.TokenAsync("set", "two", null));
        await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.TokenAsync("set", "one", null));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => keystone.ManageAsync("user_setup", "--username", "set", "--user-password-plain", "two", "--user-id", new string('1', 32)));
    }

    // An id that is given twice must not wake the tokens of whoever had it first.
    [Fact]
    public async Task Ossa_2012_010_tokens_of_a_deleted_user_are_not_those_of_the_next_with_its_id()
    {
        await using var keystone = await KeystoneFixture.StartAsync();
        const string Id = "0123456789abcdef0123456789abcdef";
        await keystone.ManageAsync("user_setup", "--username", "first", "--user-password-plain", "one", "--user-id", Id);
        var old = await keystone.TokenAsync("first", "one", null);
        await keystone.CallAsync(HttpMethod.Delete, "/v3/users/" + Id);

        await keystone.ManageAsync("user_setup", "--username", "second", "--user-password-plain", "two", "--user-id", Id);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/projects");
        request.Headers.Add("X-Auth-Token", old);
        using var answer = await keystone.Service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(401, (int)answer.StatusCode);
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
        Assert.Equal((0, ""), (await RunAsync("doctor")) switch { var r => (r.Code, r.Output) });
    }

    [Theory]
    [InlineData("[DEFAULT]\ndebug = true\n", "debug")]
    [InlineData("[DEFAULT]\nmax_token_size = 300\n", "max_token_size")]
    [InlineData("[credential]\nkey_repository = KEYS\n", "share a key repository")]
    [InlineData("[token]\nprovider = jws\n", "create_jws_keypair")]
    [InlineData("[fernet_receipts]\nkey_repository = /nonexistent\n", "receipt_setup")]
    [InlineData("[security_compliance]\nminimum_password_age = 7\npassword_expires_days = 7\n", "minimum_password_age = 7 is no less than password_expires_days = 7")]
    [InlineData("[security_compliance]\npassword_regex = (a\npassword_regex_description = a\n", "password_regex is no regular expression")]
    [InlineData("[security_compliance]\npassword_regex = a\n", "password_regex_description is not")]
    public async Task Doctor_names_each_fault(string configuration, string words)
    {
        foreach (var command in new[] { "fernet_setup", "credential_setup", "db_sync" })
        {
            await RunAsync(command);
        }

        await File.AppendAllTextAsync(ConfigFile, "\n" + configuration.Replace("KEYS", folder.File("fernet-keys"), StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (code, output, _) = await RunAsync("doctor");

        Assert.Equal(1, code);
        Assert.Contains("\nWARNING: ", output, StringComparison.Ordinal);
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("[security_compliance]\nminimum_password_age = 6\npassword_expires_days = 7\npassword_regex = a\npassword_regex_description = a\n", null)]
    [InlineData("[DEFAULT]\nmax_project_tree_depth = 3\n", null)]
    [InlineData("[DEFAULT]\nmax_project_tree_depth = 2\n", 1)]
    [InlineData("[DEFAULT]\nmax_project_tree_depth = 1\n", 2)]
    [InlineData("[unified_limit]\nenforcement_model = strict_two_level\n", 1)]
    public async Task Doctor_counts_projects_that_are_nested_too_deeply(string configuration, int? found)
    {
        await using var keystone = await KeystoneFixture.StartAsync();
        var parent = "default";
        for (var i = 0; i < 3; i++)
        {
            parent = await keystone.CreateAsync("project", new { name = $"level{i}", parent_id = parent });
        }

        await File.AppendAllTextAsync(keystone.ConfigFile, "\n" + configuration, TestContext.Current.CancellationToken);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await KeystoneManage.RunAsync(["--config-file", keystone.ConfigFile, "doctor"], output, error, TestContext.Current.CancellationToken, keystone.Resources, environment: _ => null);

        Assert.Equal(found is null ? 0 : 1, code);
        Assert.Equal(found is not null, output.ToString().Contains($"{found} project(s) stand deeper than", StringComparison.Ordinal));
        Assert.Equal(found is not null, output.ToString().Contains(parent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_finds_keys_that_everybody_may_read()
    {
        foreach (var command in new[] { "fernet_setup", "credential_setup", "db_sync" })
        {
            await RunAsync(command);
        }

        File.SetUnixFileMode(Path.Combine(folder.File("fernet-keys"), "1"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Contains("open to everybody", (await RunAsync("doctor")).Output, StringComparison.Ordinal);
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

    private static async Task SetCreatedAsync(KeystoneFixture keystone, DateTime time)
    {
        await using var db = keystone.Service.Host.Services.GetRequiredService<Database>().Open();
        await db.GetTable<User>().Set(u => u.CreatedAt, time).UpdateAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await KeystoneManage.RunAsync(
            ["--config-file", ConfigFile, .. arguments], output, error, TestContext.Current.CancellationToken, environment: _ => null, workingDirectory: folder.Path);
        return (code, output.ToString(), error.ToString());
    }
}
