// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Concurrency;

using Meridian.Identity.Credentials;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary>
/// The keys of credentials at rest: credential_setup, credential_rotate, credential_migrate. Rotation drops the oldest key, so that it is refused while a
/// credential waits for its migration. Source: keystone-manage's reference, "credential_rotate".
/// </summary>
internal static class CredentialCommands
{
    private const string Module = "keystone.cmd.cli";
    private const int Batch = 500;

    private const string NotMigrated =
        "Unable to rotate credential keys because not all credentials are encrypted with the primary key. "
        + "Please make sure all credentials have been encrypted with the primary key using `keystone-manage credential_migrate`.";

    public static ManageCommand Rotate { get; } = new(
        "credential_rotate", "Make the staged key of credentials the primary one and drop the oldest, once all credentials are encrypted with the primary key.",
        KeyOwner.Options, RotateAsync);

    public static ManageCommand Migrate { get; } = new(
        "credential_migrate", "Encrypt all credentials with the primary key.", KeyOwner.Options, MigrateAsync);

    private static async Task<int> RotateAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var owner = KeyOwner.Of(context.Arguments);
        var repository = CredentialKeys.Repository(context.Config);
        var keys = CredentialKeys.Load(repository, TimeProvider.System);
        RequireKeys(keys, repository.Path);
        await using var services = await context.BuildServicesAsync(cancellationToken);
        await using (var db = services.GetRequiredService<Database>().Open())
        {
            var primary = keys.PrimaryHash;
            if (await db.GetTable<Credential>().AnyAsync(c => c.KeyHash != primary, cancellationToken))
            {
                throw new ManageExitException(NotMigrated);
            }
        }

        context.Log("keystone.common.fernet_utils", $"Starting key rotation with {repository.Files().Count() - 1} key files in {repository.Path}");
        repository.Rotate();
        owner.Give(repository.Files());
        return 0;
    }

    private static async Task<int> MigrateAsync(ManageContext context, CancellationToken cancellationToken)
    {
        KeyOwner.Of(context.Arguments);
        var repository = CredentialKeys.Repository(context.Config);
        var keys = CredentialKeys.Load(repository, TimeProvider.System);
        RequireKeys(keys, repository.Path);
        await using var services = await context.BuildServicesAsync(cancellationToken);
        var (writer, database) = (services.GetRequiredService<IdentityWriter>(), services.GetRequiredService<Database>());
        var (moved, lost) = (0, new List<string>());
        foreach (var ids in (await StaleAsync(database, keys.PrimaryHash, cancellationToken)).Chunk(Batch))
        {
            foreach (var row in await ReadAsync(database, ids, cancellationToken))
            {
                if (keys.Decrypt(row) is not { } plain)
                {
                    lost.Add(row.Id);
                    continue;
                }

                // One that is changed at this moment gets the primary key from who changes it.
                keys.Encrypt(row, plain);
                moved += await writer.WriteAsync(db => db.UpdateOptimisticAsync(row, cancellationToken), cancellationToken);
            }
        }

        context.Log(Module, $"Encrypted {moved} credentials with the primary key of {repository.Path}");
        return lost.Count == 0
            ? 0
            : throw new ManageExitException($"Credential could not be decrypted, no key in {repository.Path} fits: {string.Join(", ", lost)}");
    }

    private static async Task<List<string>> StaleAsync(Database database, string primary, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Credential>().Where(c => c.KeyHash != primary).Select(c => c.Id).ToListAsync(cancellationToken);
    }

    private static async Task<List<Credential>> ReadAsync(Database database, string[] ids, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Credential>().Where(c => ids.Contains(c.Id)).ToListAsync(cancellationToken);
    }

    /// <exception cref="ManageExitException">Keystone goes on without a word here, and encrypts with the null key.</exception>
    private static void RequireKeys(CredentialKeys keys, string path)
    {
        if (keys.IsNull)
        {
            throw new ManageExitException($"[credential] key_repository {path} has no keys: run keystone-manage credential_setup first.");
        }
    }
}
