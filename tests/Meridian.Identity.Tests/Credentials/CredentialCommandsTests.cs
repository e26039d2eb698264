// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Credentials;
using Meridian.Identity.Manage;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Credentials;

/// <summary>keystone-manage credential_setup, credential_rotate, credential_migrate beside a running Keystone.</summary>
public sealed class CredentialCommandsTests : IAsyncLifetime
{
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync();

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Fact]
    public async Task Keys_are_rotated_and_credentials_follow_again_and_again()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await keystone.CreateAsync("credential", new { type = "totp", blob = "seed " + i, user_id = "u" }));
            ids.Add(await keystone.CreateAsync("credential", new { type = "ec2", blob = $$"""{"access": "a{{i}}", "secret": "seed"}""", user_id = "u", project_id = "p" }));
            var hashes = await HashesAsync();

            Assert.Equal(0, (await RunAsync("credential_rotate")).Code);
            Assert.Equal(hashes, await HashesAsync());
            Assert.Equal(0, (await RunAsync("credential_migrate")).Code);
            Assert.DoesNotContain(Assert.Single((await HashesAsync()).Distinct()), hashes);
        }

        Assert.Equal(3, Directory.GetFiles(keystone.CredentialKeyRepository).Length);
        foreach (var id in ids)
        {
            Assert.Contains("seed", await BlobAsync(id), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rotation_is_refused_while_a_credential_waits_for_its_migration()
    {
        await keystone.CreateAsync("credential", new { type = "totp", blob = "x", user_id = "u" });
        Assert.Equal(0, (await RunAsync("credential_rotate")).Code);
        var keys = Keys();

        var (code, _, error) = await RunAsync("credential_rotate");

        Assert.Equal(1, code);
        Assert.Contains("not all credentials are encrypted with the primary key", error, StringComparison.Ordinal);
        Assert.Contains("credential_migrate", error, StringComparison.Ordinal);
        Assert.Equal(keys, Keys());
    }

    [Fact]
    public async Task What_the_null_key_encrypted_is_migrated_once_there_are_keys()
    {
        Directory.Delete(keystone.CredentialKeyRepository, recursive: true);
        var id = await keystone.CreateAsync("credential", new { type = "totp", blob = "seed", user_id = "u" });
        var before = await HashesAsync();

        Assert.Equal(0, (await RunAsync("credential_setup")).Code);
        Assert.Equal(1, (await RunAsync("credential_rotate")).Code);
        Assert.Equal(0, (await RunAsync("credential_migrate")).Code);

        Assert.NotEqual(before, await HashesAsync());
        Assert.Equal("seed", await BlobAsync(id));
        Assert.Equal(0, (await RunAsync("credential_rotate")).Code);
    }

    [Theory]
    [InlineData("credential_rotate")]
    [InlineData("credential_migrate")]
    public async Task Without_keys_it_says_to_run_credential_setup(string command)
    {
        Directory.Delete(keystone.CredentialKeyRepository, recursive: true);

        var (code, _, error) = await RunAsync(command);

        Assert.Equal(1, code);
        Assert.Contains("credential_setup", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(keystone.CredentialKeyRepository));
    }

    [Fact]
    public async Task Migration_names_the_credentials_whose_key_is_lost_and_moves_the_others()
    {
        var lost = await keystone.CreateAsync("credential", new { type = "totp", blob = "lost", user_id = "u" });
        Directory.Delete(keystone.CredentialKeyRepository, recursive: true);
        var found = await keystone.CreateAsync("credential", new { type = "totp", blob = "found", user_id = "u" });
        await RunAsync("credential_setup");

        var (code, output, error) = await RunAsync("credential_migrate");

        Assert.Equal(1, code);
        Assert.Contains(lost, error, StringComparison.Ordinal);
        Assert.DoesNotContain(found, output + error, StringComparison.Ordinal);
        Assert.Equal(2, (await HashesAsync()).Distinct().Count());
        Assert.Equal("found", await BlobAsync(found));
    }

    [Fact]
    public async Task Keys_are_given_to_the_user_that_is_named_and_an_unknown_one_is_an_error()
    {
        Assert.Equal(0, (await RunAsync("credential_rotate", "--keystone-user", Environment.UserName, "--keystone-group", "0")).Code);

        var (code, output, error) = await RunAsync("credential_rotate", "--keystone-user", "no-such-user-here");

        Assert.Equal(1, code);
        Assert.Contains("Unknown user 'no-such-user-here' in --keystone-user", output + error, StringComparison.Ordinal);
    }

    private List<string> Keys() => [.. Directory.GetFiles(keystone.CredentialKeyRepository).Order(StringComparer.Ordinal).Select(f => Path.GetFileName(f) + File.ReadAllText(f))];

    private async Task<List<string>> HashesAsync()
    {
        await using var db = keystone.Service.Host.Services.GetRequiredService<Database>().Open();
        return await db.GetTable<Credential>().OrderBy(c => c.Id).Select(c => c.KeyHash).ToListAsync(Cancellation);
    }

    private async Task<string?> BlobAsync(string id) =>
        (await keystone.CallAsync(HttpMethod.Get, "/v3/credentials/" + id))!.Value.GetProperty("credential").GetProperty("blob").GetString();

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await KeystoneManage.RunAsync(["--config-file", keystone.ConfigFile, .. arguments], output, error, Cancellation, keystone.Resources, environment: _ => null);
        return (code, output.ToString(), error.ToString());
    }
}
