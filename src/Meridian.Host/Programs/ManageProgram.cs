// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Host.Programs;

/// <summary>
/// nova-manage, glance-manage, placement-manage, neutron-db-manage: what they do to the database. One database a service is Meridian's way (DESIGN 5), so
/// nova's API database and its cells are reported as merged.
/// </summary>
/// <param name="Service">The program whose database it is.</param>
/// <param name="SyncVerbs">The spellings of `db sync`; the first is the one to recommend.</param>
/// <param name="VersionVerbs">The spellings of `db version`.</param>
/// <param name="MergedVerbs">Commands about databases that are one with this one: they answer and change nothing.</param>
internal sealed record ManageProgram(
    string Name, ServiceProgram Service, IReadOnlyList<string> SyncVerbs, IReadOnlyList<string> VersionVerbs, IReadOnlyList<string> MergedVerbs) : IProgram
{
    /// <summary>The command that brings a project's database to the schema of this program.</summary>
    public static string SyncCommand(string project) => project switch
    {
        "keystone" => "keystone-manage db_sync",
        "glance" => "glance-manage db_sync",
        "placement" => "placement-manage db sync",
        "neutron" => "neutron-db-manage upgrade heads",
        _ => $"{project}-manage db sync",
    };

    public Task<int> RunAsync(string name, string[] arguments)
    {
        var definition = Service.Define();
        var config = new ConfigArguments(Service.Project, definition.ConfigFileName);
        config.Files.Recursive = config.Folders.Recursive = true;
        var root = CommandLines.Program(name, $"{name}: OpenStack's program of that name, by Meridian.");
        root.Options.Add(config.Files);
        root.Options.Add(config.Folders);
        foreach (var verb in SyncVerbs)
        {
            // Expand-only migrations make the phases of neutron's and keystone's tools one: each of these options asks for the whole.
            var sync = Add(root, verb, "Bring the database to this program's schema. Running it again changes nothing.");
            foreach (var phase in (string[])["--expand", "--contract", "--local_cell"])
            {
                sync.Options.Add(new System.CommandLine.Option<bool>(phase) { Description = "Accepted; the schema is brought forward in one go." });
            }

            sync.SetAction((parsed, token) => SyncAsync(config.Load(parsed, definition), definition, token));
        }

        foreach (var verb in VersionVerbs)
        {
            Add(root, verb, "Print the version of the database's schema.").SetAction((parsed, token) => VersionAsync(config.Load(parsed, definition), definition, token));
        }

        foreach (var verb in MergedVerbs)
        {
            var merged = Add(root, verb, "Nothing to do: this database is one with the service's own.");
            merged.TreatUnmatchedTokensAsErrors = false;
            merged.SetAction(_ => Console.WriteLine($"{verb}: nothing to do; Meridian keeps what OpenStack keeps there in the one database of {definition.ConfigFileName} [database]."));
        }

        return CommandLines.RunAsync(root, name, arguments);
    }

    /// <summary>Adds "db sync" as a subcommand of a subcommand.</summary>
    private static Command Add(Command root, string verb, string description)
    {
        Command parent = root;
        var words = verb.Split(' ');
        foreach (var word in words[..^1])
        {
            var found = parent.Subcommands.FirstOrDefault(c => c.Name == word);
            if (found is null)
            {
                parent.Subcommands.Add(found = new Command(word, "See its commands with --help."));
            }

            parent = found;
        }

        var command = new Command(words[^1], description);
        parent.Subcommands.Add(command);
        return command;
    }

    private static async Task<int> SyncAsync(ServiceConfig config, ServiceDefinition definition, CancellationToken cancellationToken)
    {
        await using var resources = new ProcessResources();
        var database = ServiceHost.OpenDatabase(config, definition.Connection!, resources);
        await Schema.MigrateAsync(database, definition.Migrations!, cancellationToken);
        var state = await Schema.CheckAsync(database, definition.Migrations!, cancellationToken);
        Console.WriteLine($"Database {database.Name} is at schema version {state.Applied}.");
        return 0;
    }

    private static async Task<int> VersionAsync(ServiceConfig config, ServiceDefinition definition, CancellationToken cancellationToken)
    {
        await using var resources = new ProcessResources();
        var state = await Schema.CheckAsync(ServiceHost.OpenDatabase(config, definition.Connection!, resources), definition.Migrations!, cancellationToken);
        Console.WriteLine(state.Applied);
        return state.IsCurrent ? 0 : 2;
    }
}
