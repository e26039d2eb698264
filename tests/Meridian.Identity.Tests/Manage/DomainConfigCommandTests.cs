// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Manage;
using Meridian.Testing;

namespace Meridian.Identity.Tests.Manage;

/// <summary>keystone-manage domain_config_upload.</summary>
public sealed class DomainConfigCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync($"[identity]\ndomain_config_dir = {folder.File("domains")}\n");

    public async ValueTask DisposeAsync()
    {
        await keystone.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Files_are_stored_under_the_domain_that_they_name()
    {
        Write("keystone.Default.conf", "[ldap]\nurl = ldap://one\nquery_scope = sub\npassword = secret\n[identity]\ndriver = ldap\n");
        Write("README", "nothing");

        await keystone.ManageAsync("domain_config_upload", "--all");

        var config = (await keystone.CallAsync(HttpMethod.Get, "/v3/domains/default/config"))!.Value.GetProperty("config");
        Assert.Equal("ldap://one", config.GetProperty("ldap").GetProperty("url").GetString());
        Assert.Equal("ldap", config.GetProperty("identity").GetProperty("driver").GetString());
        Assert.False(config.GetProperty("ldap").TryGetProperty("password", out _));
        Assert.Contains("already has a configuration", (await RunAsync("--domain-name", "Default")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("At least one option must be provided")]
    [InlineData("cannot be used with", "--all", "--domain-name", "x")]
    [InlineData("Invalid domain name: nosuch", "--domain-name", "nosuch")]
    [InlineData("is not supported for domain specific configurations", "--domain-name", "Default")]
    public async Task What_cannot_be_stored_is_told_with_code_1(string words, params string[] arguments)
    {
        Write("keystone.Default.conf", "[token]\nprovider = jws\n");

        var (code, output) = await RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_folder_it_says_where_it_looked()
    {
        var (code, output) = await RunAsync("--all");

        Assert.Equal((1, $"Unable to locate domain config directory: {folder.File("domains")}\n"), (code, output));
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(folder.File("domains"));
        File.WriteAllText(folder.File("domains/" + name), text);
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await KeystoneManage.RunAsync(
            ["--config-file", keystone.ConfigFile, "domain_config_upload", .. arguments], output, error, Cancellation, keystone.Resources, environment: _ => null);
        return (code, output.ToString());
    }
}
