// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Credentials;
using Meridian.Identity.Tokens;
using Meridian.Identity.Tokens.Receipts;

namespace Meridian.Identity.Manage;

/// <summary>Commands that set up and rotate key repositories: of tokens, of authentication receipts (beside the tokens' unless configured apart), of credentials.</summary>
internal static class KeyCommands
{
    private const string Module = "keystone.common.fernet_utils";

    public static ManageCommand FernetSetup { get; } = new(
        "fernet_setup", "Set up the keys of Fernet tokens and of receipts. Keys that exist are left alone.", KeyOwner.Options,
        (context, _) => OnEachAsync(context, SetUp, TokenKeys(context), ReceiptKeysApart(context)));

    public static ManageCommand FernetRotate { get; } = new(
        "fernet_rotate", "Make the staged keys of Fernet tokens and of receipts the primary ones, stage new ones and drop the oldest.", KeyOwner.Options,
        (context, _) => OnEachAsync(context, Rotate, TokenKeys(context), ReceiptKeysApart(context)));

    public static ManageCommand TokenSetup { get; } = new(
        "token_setup", "Set up the keys of Fernet tokens.", KeyOwner.Options, (context, _) => OnEachAsync(context, SetUp, TokenKeys(context)));

    public static ManageCommand TokenRotate { get; } = new(
        "token_rotate", "Rotate the keys of Fernet tokens.", KeyOwner.Options, (context, _) => OnEachAsync(context, Rotate, TokenKeys(context)));

    public static ManageCommand ReceiptSetup { get; } = new(
        "receipt_setup", "Set up the keys of authentication receipts.", KeyOwner.Options, (context, _) => OnEachAsync(context, SetUp, ReceiptKeys(context)));

    public static ManageCommand ReceiptRotate { get; } = new(
        "receipt_rotate", "Rotate the keys of authentication receipts.", KeyOwner.Options, (context, _) => OnEachAsync(context, Rotate, ReceiptKeys(context)));

    public static ManageCommand CredentialSetup { get; } = new(
        "credential_setup", "Set up the keys that credentials are stored encrypted with.", KeyOwner.Options,
        (context, _) => OnEachAsync(context, SetUp, CredentialKeys.Repository(context.Config)));

    public static FernetKeyRepository TokenKeys(ManageContext context) => IdentityService.FernetKeys(context.Config);

    /// <summary>Where both lie in one folder, the tokens' limit holds for it.</summary>
    public static FernetKeyRepository ReceiptKeys(ManageContext context) => ReceiptKeysApart(context) ?? TokenKeys(context);

    private static FernetKeyRepository? ReceiptKeysApart(ManageContext context)
    {
        var keys = ReceiptOptions.Repository(context.Config);
        return Normalize(keys.Path) == Normalize(TokenKeys(context).Path) ? null : keys;
    }

    private static string Normalize(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static Task<int> OnEachAsync(ManageContext context, Action<ManageContext, FernetKeyRepository> change, params IEnumerable<FernetKeyRepository?> repositories)
    {
        var owner = KeyOwner.Of(context.Arguments);
        foreach (var repository in repositories.OfType<FernetKeyRepository>())
        {
            change(context, repository);
            owner.Give(repository.Files());
        }

        return Task.FromResult(0);
    }

    private static void SetUp(ManageContext context, FernetKeyRepository repository) =>
        context.Log(Module, repository.EnsureInitialized() ? $"Created the keys of {repository.Path}" : "Key repository is already initialized; aborting.");

    private static void Rotate(ManageContext context, FernetKeyRepository repository)
    {
        context.Log(Module, $"Starting key rotation with {repository.Files().Count() - 1} key files in {repository.Path}");
        repository.Rotate();
    }
}
