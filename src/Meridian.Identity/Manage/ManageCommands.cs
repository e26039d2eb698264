// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

using Meridian.Identity.Tokens;
using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary>The commands of keystone-manage.</summary>
internal sealed class ManageCommands(
    ServiceConfig config, ProcessResources resources, ManageArguments arguments, TextWriter output, TextWriter error, Func<string, string?> environment)
{
    public Task<int> RunAsync(CancellationToken cancellationToken) => arguments.Command switch
    {
        "bootstrap" => BootstrapAsync(cancellationToken),
        "fernet_setup" => SetUpKeysAsync(IdentityService.FernetKeys(config)),
        "fernet_rotate" => RotateAsync(IdentityService.FernetKeys(config)),

        // Keystone keeps three credential keys whatever is configured.
        "credential_setup" => SetUpKeysAsync(new FernetKeyRepository(config.Get(IdentityOptions.CredentialKeys)!, 3)),
        "db_sync" => SyncAsync(cancellationToken),
        "db_version" => VersionAsync(cancellationToken),
        _ => DoctorAsync(cancellationToken),
    };

    private async Task<int> BootstrapAsync(CancellationToken cancellationToken)
    {
        var password = Value("PASSWORD", "--bootstrap-password", null);
        if (string.IsNullOrEmpty(password))
        {
            await output.WriteLineAsync("ERROR: Either --bootstrap-password argument or OS_BOOTSTRAP_PASSWORD must be set.");
            return 1;
        }

        var request = new BootstrapRequest(
            Value("USERNAME", "--bootstrap-username", "admin")!, password, Value("PROJECT_NAME", "--bootstrap-project-name", "admin")!,
            Value("ROLE_NAME", "--bootstrap-role-name", "admin")!, Value("SERVICE_NAME", "--bootstrap-service-name", "keystone")!,
            Value("ADMIN_URL", "--bootstrap-admin-url", null), Value("PUBLIC_URL", "--bootstrap-public-url", null),
            Value("INTERNAL_URL", "--bootstrap-internal-url", null), Value("REGION_ID", "--bootstrap-region-id", null),
            ImmutableRoles: !arguments.Has("--no-immutable-roles"));
        var database = OpenDatabase();
        if (!(await Schema.CheckAsync(database, typeof(IdentityService).Assembly, cancellationToken)).IsCurrent)
        {
            throw new ConfigException($"Database {database.Name} does not have this program's tables: run keystone-manage db_sync first.");
        }

        await using var provider = new ServiceCollection()
            .AddSingleton(TimeProvider.System).AddSingleton(resources).AddSingleton(config)
            .AddSingleton(database).AddIdentityCore(config).AddSingleton<Bootstrap>().BuildServiceProvider();
        await provider.GetRequiredService<Bootstrap>().RunAsync(
            request, config.Get(IdentityOptions.DefaultDomainId)!, line => error.WriteLine("INFO keystone.cmd.bootstrap " + line), cancellationToken);
        return 0;
    }

    /// <summary>Keystone takes the environment variable before the argument.</summary>
    private string? Value(string variable, string argument, string? fallback) =>
        environment("OS_BOOTSTRAP_" + variable) is { Length: > 0 } fromEnvironment ? fromEnvironment : arguments.Find(argument) is { Length: > 0 } given ? given : fallback;

    private async Task<int> SetUpKeysAsync(FernetKeyRepository repository)
    {
        if (!repository.EnsureInitialized())
        {
            await error.WriteLineAsync("INFO keystone.common.fernet_utils Key repository is already initialized; aborting.");
        }

        return await ChangeOwnerAsync(repository);
    }

    private async Task<int> RotateAsync(FernetKeyRepository repository)
    {
        repository.Rotate();
        return await ChangeOwnerAsync(repository);
    }

    private async Task<int> ChangeOwnerAsync(FernetKeyRepository repository)
    {
        var (user, group) = (arguments.Find("--keystone-user"), arguments.Find("--keystone-group"));
        if (user is null && group is null)
        {
            return 0;
        }

        var userId = user is null ? uint.MaxValue : Lookup("/etc/passwd", user) ?? await UnknownAsync("user", user);
        var groupId = group is null ? uint.MaxValue : Lookup("/etc/group", group) ?? await UnknownAsync("group", group);
        if ((user is not null && userId == uint.MaxValue) || (group is not null && groupId == uint.MaxValue))
        {
            return 1;
        }

        foreach (var file in repository.Files())
        {
            if (chown(file, userId, groupId) != 0)
            {
                throw new IOException($"chown {file}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
            }
        }

        return 0;
    }

    private async Task<uint> UnknownAsync(string kind, string name)
    {
        await error.WriteLineAsync($"keystone-manage: Unknown {kind} '{name}' in --keystone-{kind}");
        return uint.MaxValue;
    }

    private static uint? Lookup(string file, string name)
    {
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return File.ReadLines(file).Select(line => line.Split(':')).Where(fields => fields[0] == name && fields.Length > 2)
            .Select(fields => (uint?)uint.Parse(fields[2], CultureInfo.InvariantCulture)).FirstOrDefault();
    }

    private async Task<int> SyncAsync(CancellationToken cancellationToken)
    {
        var database = OpenDatabase();
        var migrations = typeof(IdentityService).Assembly;
        var state = await Schema.CheckAsync(database, migrations, cancellationToken);
        if (arguments.Has("--check"))
        {
            // Exit codes of keystone-manage db_sync --check: 0 is up to date, 2 wants --expand. Schemas here only expand, so that 4 never comes.
            await output.WriteLineAsync(state.IsCurrent
                ? "All db_sync commands are upgraded to the same version and up-to-date."
                : "Your database is not up to date. Your first step is to run `keystone-manage db_sync --expand`.");
            return state.IsCurrent ? 0 : 2;
        }

        if (arguments.All("") is [{ } version])
        {
            await error.WriteLineAsync($"keystone-manage: error: db_sync goes to the newest version ({state.Known}); version {version} cannot be chosen.");
            return 1;
        }

        // What --migrate and --contract would do is done or not needed once the schema has expanded.
        if (!arguments.Has("--migrate") && !arguments.Has("--contract"))
        {
            await Schema.MigrateAsync(database, migrations, cancellationToken);
        }

        return 0;
    }

    private async Task<int> VersionAsync(CancellationToken cancellationToken)
    {
        var state = await Schema.CheckAsync(OpenDatabase(), typeof(IdentityService).Assembly, cancellationToken);
        await output.WriteLineAsync(state.Applied.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private async Task<int> DoctorAsync(CancellationToken cancellationToken)
    {
        var symptoms = await Doctor.ExamineAsync(config, OpenDatabase, cancellationToken);
        foreach (var symptom in symptoms)
        {
            await output.WriteLineAsync(symptom);
        }

        return symptoms.Count == 0 ? 0 : 1;
    }

    private Database OpenDatabase() => ServiceHost.OpenDatabase(config, DatabaseOptions.Connection, resources);

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi)]
    private static extern int chown(string path, uint owner, uint group);
}
