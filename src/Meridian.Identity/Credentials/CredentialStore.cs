// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Nodes;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

using Microsoft.Extensions.Logging;

namespace Meridian.Identity.Credentials;

/// <summary>All SQL about credentials. They are encrypted on their way in and opened on their way out.</summary>
internal sealed partial class CredentialStore(Database database, IdentityWriter writer, ServiceConfig config, TimeProvider clock, ILogger<CredentialStore> logger)
{
    private readonly FernetKeyRepository repository = CredentialKeys.Repository(config);
    private readonly int userLimit = config.Get(CredentialOptions.UserLimit);

    /// <param name="userId">Only this user's; null for all.</param>
    /// <param name="projectId">Only those of the project that a delegated token is bound to; null for all.</param>
    public async Task<ListPage<OpenCredential>> ListAsync(ListRequest list, string? userId, string? projectId, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        IQueryable<Credential> rows = db.GetTable<Credential>();
        rows = userId is null ? rows : rows.Where(c => c.UserId == userId);
        rows = projectId is null ? rows : rows.Where(c => c.ProjectId == projectId);
        rows = list.Text(rows, "user_id", c => c.UserId);
        rows = list.Text(rows, "type", c => c.Type);
        var page = await list.PageAsync(rows, c => c.Id, cancellationToken, ("user_id", c => c.UserId), ("type", c => c.Type), ("project_id", c => c.ProjectId));
        return new(Open(page.Rows), page.NextMarker, page.IsTruncated);
    }

    /// <summary>What a user deposited of one type: TOTP seeds, EC2 keys.</summary>
    public async Task<IReadOnlyList<OpenCredential>> ListOfUserAsync(string userId, string type, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return Open(await db.GetTable<Credential>().Where(c => c.UserId == userId && c.Type == type).OrderBy(c => c.Id).ToListAsync(cancellationToken));
    }

    public async Task<OpenCredential?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Credential>().FirstOrDefaultAsync(c => c.Id == id, cancellationToken) is { } row ? Open([row])[0] : null;
    }

    /// <exception cref="ApiException">403 beyond [credential] user_limit, 409 for an access key that exists.</exception>
    public async Task CreateAsync(OpenCredential credential, CancellationToken cancellationToken)
    {
        var row = credential.Row;
        Seal(credential);
        try
        {
            await writer.WriteAsync(
                async db =>
                {
                    await CheckLimitAsync(db, row.UserId, cancellationToken);
                    await db.InsertAsync(row, token: cancellationToken);
                },
                cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw Errors.Conflict("credential", $"Duplicate entry found with ID {row.Id}");
        }
    }

    public Task UpdateAsync(OpenCredential credential, CancellationToken cancellationToken)
    {
        Seal(credential);
        return writer.WriteAsync(db => IdentityWriter.UpdateAsync(db, credential.Row, "credential", credential.Row.Id, cancellationToken), cancellationToken);
    }

    public Task DeleteAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async db =>
        {
            if (await db.GetTable<Credential>().Where(c => c.Id == id).DeleteAsync(cancellationToken) == 0)
            {
                throw Errors.NotFound("credential", id);
            }
        },
        cancellationToken);

    /// <summary>Call in the transaction that deletes the users.</summary>
    public static Task DeleteOfUsersAsync(DataConnection db, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken) =>
        db.GetTable<Credential>().Where(c => userIds.Contains(c.UserId)).DeleteAsync(cancellationToken);

    /// <summary>Call in the transaction that deletes the projects.</summary>
    public static Task DeleteOfProjectsAsync(DataConnection db, IReadOnlyCollection<string> projectIds, CancellationToken cancellationToken) =>
        db.GetTable<Credential>().Where(c => projectIds.Contains(c.ProjectId!)).DeleteAsync(cancellationToken);

    private async Task CheckLimitAsync(DataConnection db, string userId, CancellationToken cancellationToken)
    {
        if (userLimit < 0)
        {
            return;
        }

        // Writing the user's row, to what it is, makes requests of one user wait for each other: twenty at once do not all count to the same number.
        await db.GetTable<User>().Where(u => u.Id == userId).Set(u => u.NameKey, u => u.NameKey).UpdateAsync(cancellationToken);
        if (await db.GetTable<Credential>().CountAsync(c => c.UserId == userId, cancellationToken) >= userLimit)
        {
            throw Errors.Refused($"Unable to create additional credentials, maximum of {userLimit} already exceeded for user.");
        }
    }

    private void Seal(OpenCredential credential)
    {
        var keys = CredentialKeys.Load(repository, clock);
        if (keys.IsNull)
        {
            LogNullKey(logger, repository.Path);
        }

        // Keystone stores the JSON of an EC2 credential as a JSON string.
        keys.Encrypt(credential.Row, credential.Row.Type == CredentialTypes.Ec2 ? JsonValue.Create(credential.Blob).ToJsonString() : credential.Blob);
    }

    /// <exception cref="ApiException">500: the key is gone.</exception>
    private List<OpenCredential> Open(IReadOnlyList<Credential> rows)
    {
        var keys = CredentialKeys.Load(repository, clock);
        var open = new List<OpenCredential>(rows.Count);
        foreach (var row in rows)
        {
            if (keys.Decrypt(row) is not { } plain)
            {
                LogLostKey(logger, row.Id, row.KeyHash, repository.Path);
                throw new ApiException(500, "Credential could not be decrypted. Please contact the administrator");
            }

            open.Add(new(row, row.Type == CredentialTypes.Ec2 ? Unwrap(plain) : plain));
        }

        return open;
    }

    /// <summary>Keystone stores the blob bare after an update and before it fixed bug 1259584.</summary>
    private static string Unwrap(string plain) => plain.StartsWith('"') ? JsonNode.Parse(plain)!.GetValue<string>() : plain;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Encrypting a credential with the null key, which everybody knows: {Repository} has no keys. Run keystone-manage credential_setup, then credential_migrate")]
    private static partial void LogNullKey(ILogger logger, string repository);

    [LoggerMessage(Level = LogLevel.Error, Message = "Credential {CredentialId} cannot be decrypted: no key in {Repository} has the hash {KeyHash}. Restore the key from a backup")]
    private static partial void LogLostKey(ILogger logger, string credentialId, string keyHash, string repository);
}
