// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Credentials;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Credentials;

/// <summary>
/// What the database holds of a credential, and that it is what Keystone would hold: the frames below were made by Python's cryptography 48 with the key
/// of bytes 0 to 31, and with the null key.
/// </summary>
public sealed class CredentialEncryptionTests : IAsyncLifetime
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string KeyHash = "86a1932a93c72239442f6cd6296f4eb28d8a1730";
    private const string NullKeyHash = "c5bdc272b97a0d521ef878dc26fb73e4075544dc";

    // json.dumps of the JSON, as Keystone stores it at creation; the JSON itself, as it does after an update.
    private const string Ec2 = "gAAAAABlU_EAAAAAAAAAAAAAAAAAAAAAAJbWYCkG-Vhp7aQK0dL2zzIptbPgVLpZB4RyHOT926lJfAP885RPS-gBatRxN_6Dw-bcEQ83RceuRgXNch6uDB4Rh1FRBUwckdt6CqPh-a8I";
    private const string BareEc2 = "gAAAAABlU_EAAAAAAAAAAAAAAAAAAAAAAIGtAVDElb54SCVtb1rvfeO-ZSQNB70MPpa62ln4gOsTaOmIbLB8SmHgMW6CfxKVHDdbZaxs5bFiLu9HnJ4LR-ajOH3lddUvx_Fw122ZF5kf";
    private const string NullKeySeed = "gAAAAABlU_EAAAAAAAAAAAAAAAAAAAAAACwiwSZVMwUPnHQiBCmR5TAG19VLJntHzVLuZJItFf67qBHheyc5QbiFd2EFNiYRLQ==";

    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Database Database => keystone.Service.Host.Services.GetRequiredService<Database>();

    public async ValueTask InitializeAsync() => keystone = await KeystoneFixture.StartAsync("[credential]\nuser_limit = 3\n");

    public ValueTask DisposeAsync() => keystone.DisposeAsync();

    [Fact]
    public async Task The_database_never_sees_a_blob_in_the_clear()
    {
        var id = await keystone.CreateAsync("credential", new { type = "totp", blob = "plain-secret", user_id = "u" });
        await keystone.CallAsync(HttpMethod.Patch, "/v3/credentials/" + id, new { credential = new { blob = "other-secret" } });

        var row = await RowAsync(id);

        Assert.DoesNotContain("secret", row.EncryptedBlob, StringComparison.Ordinal);
        Assert.StartsWith("gAAAA", row.EncryptedBlob, StringComparison.Ordinal);
        Assert.Equal(0, row.EncryptedBlob.Length % 4);
        Assert.DoesNotContain(row.KeyHash, (IEnumerable<string>)[NullKeyHash, ""]);
    }

    [Theory]
    [InlineData("ec2", Ec2, KeyHash, """{"access": "acc", "secret": "sec"}""")]
    [InlineData("ec2", BareEc2, KeyHash, """{"access": "acc", "secret": "sec"}""")]
    [InlineData("totp", NullKeySeed, NullKeyHash, "a seed of old")]
    public async Task What_Keystone_encrypted_is_read(string type, string blob, string keyHash, string plain)
    {
        await File.WriteAllTextAsync(Path.Combine(keystone.CredentialKeyRepository, "1"), Key, Cancellation);
        await using (var db = Database.Open())
        {
            await db.InsertAsync(new Credential { Id = "old", UserId = "u", Type = type, EncryptedBlob = blob, KeyHash = keyHash }, token: Cancellation);
        }

        var shown = await keystone.CallAsync(HttpMethod.Get, "/v3/credentials/old");

        Assert.Equal(plain, shown!.Value.GetProperty("credential").GetProperty("blob").GetString());
    }

    [Fact]
    public async Task The_key_hash_is_the_one_that_Keystone_computes()
    {
        await File.WriteAllTextAsync(Path.Combine(keystone.CredentialKeyRepository, "9"), Key + "\n", Cancellation);

        var id = await keystone.CreateAsync("credential", new { type = "totp", blob = "x", user_id = "u" });

        Assert.Equal(KeyHash, (await RowAsync(id)).KeyHash);
    }

    [Fact]
    public async Task Without_keys_the_null_key_serves_and_keys_made_later_still_read_it()
    {
        Directory.Delete(keystone.CredentialKeyRepository, recursive: true);
        var id = await keystone.CreateAsync("credential", new { type = "totp", blob = "x", user_id = "u" });

        await keystone.ManageAsync("credential_setup");

        Assert.Equal(NullKeyHash, (await RowAsync(id)).KeyHash);
        Assert.Equal("x", (await keystone.CallAsync(HttpMethod.Get, "/v3/credentials/" + id))!.Value.GetProperty("credential").GetProperty("blob").GetString());
    }

    [Fact]
    public async Task A_credential_whose_key_is_lost_is_an_error_that_names_no_secret()
    {
        var id = await keystone.CreateAsync("credential", new { type = "totp", blob = "x", user_id = "u" });
        Directory.Delete(keystone.CredentialKeyRepository, recursive: true);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => keystone.CallAsync(HttpMethod.Get, "/v3/credentials/" + id));

        Assert.Contains(": 500 ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(keystone.CredentialKeyRepository, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_gets_no_more_credentials_than_user_limit_also_from_twenty_requests_at_once()
    {
        var (user, _) = await keystone.CreateUserAsync("limited", "pw", "limited", "member");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await keystone.CreateAsync("credential", new { type = "totp", blob = "x", user_id = user });
                return "201";
            }
            catch (InvalidOperationException exception)
            {
                return exception.Message;
            }
        }));

        Assert.Equal(3, answers.Count(a => a == "201"));
        Assert.All(answers.Where(a => a != "201"), a => Assert.Contains("403 {\"error\":{\"code\":403,\"message\":\"Unable to create additional credentials, maximum of 3 already exceeded for user.\"", a, StringComparison.Ordinal));
    }

    private async Task<Credential> RowAsync(string id)
    {
        await using var db = Database.Open();
        return await db.GetTable<Credential>().FirstAsync(c => c.Id == id, Cancellation);
    }
}
