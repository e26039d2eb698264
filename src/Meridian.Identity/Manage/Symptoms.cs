// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Identity.Tokens.Receipts;
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Manage;

/// <param name="Name">Keystone's name of it, without <c>symptom_</c>.</param>
/// <param name="Find">What is wrong and what to do; null when nothing is.</param>
internal sealed record Symptom(string Name, Func<ManageContext, CancellationToken, Task<string?>> Find)
{
    public Symptom(string name, Func<ManageContext, string?> find)
        : this(name, (context, _) => Task.FromResult(find(context)))
    {
    }
}

/// <summary>
/// What doctor looks for: Keystone's symptoms that can be had here, and those of what Keystone does not look at (schema, JWS keys, depth of projects). Its symptoms of caches, of SAML
/// and of LDAP are about parts that are not here; SQLite is no fault of a Meridian.
/// </summary>
internal static class Symptoms
{
    private const UnixFileMode World = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static IReadOnlyList<Symptom> All { get; } =
    [
        new("unique_key_repositories", UniqueRepositories),
        new("usability_of_credential_fernet_key_repository", context => Usability(CredentialKeys(context), IdentityOptions.CredentialKeys)),
        new("keys_in_credential_fernet_key_repository", context => Keys(CredentialKeys(context), IdentityOptions.CredentialKeys, "credential_setup")),
        new("database_schema_is_not_current", SchemaAsync),
        new("debug_mode_is_enabled", context => context.Config.Get(DefaultOptions.Debug)
            ? "Debug mode is on. [DEFAULT] debug = true is for finding faults; set it to false in production."
            : null),
        new("unreasonable_max_token_size", context => IsFernet(context) && context.Config.Get(TokenOptions.MaxTokenSize) > 255
            ? "[DEFAULT] max_token_size is above 255. Fernet tokens stay below that length: lower it."
            : null),
        new("usability_of_Fernet_key_repository", context => IsFernet(context) ? Usability(KeyCommands.TokenKeys(context), IdentityOptions.FernetKeys) : null),
        new("keys_in_Fernet_key_repository", context => IsFernet(context) ? Keys(KeyCommands.TokenKeys(context), IdentityOptions.FernetKeys, "fernet_setup") : null),
        new("keys_in_receipt_key_repository", context => Keys(KeyCommands.ReceiptKeys(context), ReceiptOptions.Keys, "receipt_setup")),
        new("keys_of_JWS_tokens", context => IsFernet(context) ? null : JwsKeys(context)),
        new("minimum_password_age_greater_than_expires_days", PasswordAges),
        new("invalid_password_regular_expression", PasswordRegex),
        new("password_regular_expression_description_not_set", context =>
            context.Config.Get(SecurityComplianceOptions.PasswordRegex) is { Length: > 0 } && string.IsNullOrEmpty(context.Config.Get(SecurityComplianceOptions.PasswordRegexDescription))
                ? "[security_compliance] password_regex is set and password_regex_description is not: whoever chooses a password that it refuses is not told why."
                : null),
        new("projects_deeper_than_max_project_tree_depth", TreeDepthAsync),
    ];

    private static bool IsFernet(ManageContext context) => context.Config.Get(IdentityOptions.TokenProvider) == "fernet";

    private static FernetKeyRepository CredentialKeys(ManageContext context) => Credentials.CredentialKeys.Repository(context.Config);

    private static string? UniqueRepositories(ManageContext context) =>
        context.Config.Get(IdentityOptions.CredentialKeys) == context.Config.Get(IdentityOptions.FernetKeys)
            ? "Tokens and credentials share a key repository. A rotation of the tokens' keys would make credentials unreadable: give "
                + "[credential] key_repository and [fernet_tokens] key_repository folders of their own."
            : null;

    private static string? Usability(FernetKeyRepository keys, Option option)
    {
        try
        {
            keys.LoadKeys();
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or InvalidDataException or IOException)
        {
            return $"The keys of {option} cannot be used: {exception.Message}";
        }

        return !Directory.Exists(keys.Path) ? $"{keys.Path}, the folder that {option} names, does not exist."
            : keys.Files().FirstOrDefault(file => (File.GetUnixFileMode(file) & World) != UnixFileMode.None) is { } open
                ? $"{open} is open to everybody. It holds secrets of {option}: take others' rights away."
                : null;
    }

    private static string? Keys(FernetKeyRepository keys, Option option, string remedy)
    {
        try
        {
            return keys.LoadKeys().Count > 0 ? null : $"{option}: {keys.Path} has no keys. Run keystone-manage {remedy}.";
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or InvalidDataException or IOException)
        {
            return $"The keys of {option} cannot be used: {exception.Message}";
        }
    }

    private static string? JwsKeys(ManageContext context)
    {
        var repository = TokenOptions.JwsKeys(context.Config);
        try
        {
            var keys = repository.Load();
            return keys.Private is not { } own ? $"{repository.PrivateKeyFile} does not exist. Make a pair with keystone-manage create_jws_keypair."
                : own.Algorithm != TokenOptions.SigningAlgorithm(context.Config)
                    ? $"{repository.PrivateKeyFile} is a key for {own.Algorithm.Name}, and [jwt_tokens] jws_algorithm is another."
                : !keys.Public.Any(key => key.SubjectPublicKeyInfo.AsSpan().SequenceEqual(own.SubjectPublicKeyInfo))
                    ? $"{repository.PublicFolder} does not hold the public key of {repository.PrivateKeyFile}: its tokens would be refused."
                : (File.GetUnixFileMode(repository.PrivateKeyFile) & World) != UnixFileMode.None
                    ? $"{repository.PrivateKeyFile} is open to everybody: take others' rights away."
                : null;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or InvalidDataException or IOException)
        {
            return $"The keys of JWS tokens cannot be used: {exception.Message}";
        }
    }

    private static string? PasswordAges(ManageContext context)
    {
        var (least, most) = (context.Config.Get(SecurityComplianceOptions.MinimumPasswordAge), context.Config.Get(SecurityComplianceOptions.PasswordExpiresDays));
        return least > 0 && most > 0 && least >= most
            ? $"[security_compliance] minimum_password_age = {least} is no less than password_expires_days = {most}: nobody can change a password before it has expired."
            : null;
    }

    private static string? PasswordRegex(ManageContext context)
    {
        try
        {
            _ = Regex.IsMatch("password", context.Config.Get(SecurityComplianceOptions.PasswordRegex) ?? "", RegexOptions.None, TimeSpan.FromSeconds(1));
            return null;
        }
        catch (ArgumentException exception)
        {
            return $"[security_compliance] password_regex is no regular expression, and no password can be set: {exception.Message}";
        }
        catch (RegexMatchTimeoutException)
        {
            return "[security_compliance] password_regex goes back and forth without end: passwords that it is slow on are refused.";
        }
    }

    /// <summary>Projects from before the option was lowered. They work, and nothing can be made below them.</summary>
    private static async Task<string?> TreeDepthAsync(ManageContext context, CancellationToken cancellationToken)
    {
        try
        {
            var database = context.OpenDatabase();
            if (!(await Schema.CheckAsync(database, typeof(IdentityService).Assembly, cancellationToken)).IsCurrent)
            {
                return null; // Which is a symptom of its own.
            }

            var most = ProjectOptions.TreeDepth(context.Config);
            await using var db = database.Open();
            var parents = await db.GetTable<Project>().Where(p => !p.IsDomain).ToDictionaryAsync(p => p.Id, p => p.ParentId, cancellationToken);
            var deep = parents.Keys.Where(id => DepthOf(id, parents) > most).Order(StringComparer.Ordinal).ToList();
            return deep.Count == 0 ? null
                : $"{deep.Count} project(s) stand deeper than the {most} levels that [DEFAULT] max_project_tree_depth or [unified_limit] enforcement_model admit: "
                    + string.Join(", ", deep.Take(10)) + (deep.Count > 10 ? " …" : ".");
        }
        catch (System.Data.Common.DbException)
        {
            return null;
        }
    }

    /// <summary>Levels below the domain: 1 for a project of which nothing but the domain is above.</summary>
    private static int DepthOf(string id, Dictionary<string, string?> parents)
    {
        var depth = 1;
        for (var above = parents[id]; above is not null && parents.TryGetValue(above, out var next) && depth <= parents.Count; above = next)
        {
            depth++;
        }

        return depth;
    }

    private static async Task<string?> SchemaAsync(ManageContext context, CancellationToken cancellationToken)
    {
        try
        {
            var state = await Schema.CheckAsync(context.OpenDatabase(), typeof(IdentityService).Assembly, cancellationToken);
            return state.IsCurrent ? null : $"The database's schema is at {state.Applied}, and this program needs {state.Known}. Run keystone-manage db_sync.";
        }
        catch (System.Data.Common.DbException exception)
        {
            return $"The database cannot be reached: {exception.Message}";
        }
    }
}
