// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Platform.Storage;

namespace Meridian.Identity.Manage;

/// <summary><c>db_sync</c> and <c>db_version</c>. A release of Meridian only expands the schema, so that nothing is ever left to migrate or to contract.</summary>
internal static class DatabaseCommands
{
    private const string Module = "keystone.cmd.cli";

    public static ManageCommand Sync { get; } = new(
        "db_sync", "Bring the database to this program's schema.",
        [
            new("--expand", null, "Only expand the schema: here that is all there is.", Exclusive: true),
            new("--migrate", null, "Only move data: nothing to do.", Exclusive: true),
            new("--contract", null, "Only drop what is of no use any more: nothing to do once the schema is expanded.", Exclusive: true),
            new("--check", null, "Say what is to be done: exit code 0 for nothing, 2 for --expand, 4 for --contract.", Exclusive: true),
        ],
        SyncAsync, Positional: "version");

    public static ManageCommand Version { get; } = new("db_version", "Print the version of the database's schema.", [], VersionAsync);

    private static async Task<int> SyncAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var database = context.OpenDatabase();
        var migrations = typeof(IdentityService).Assembly;
        var state = await Schema.CheckAsync(database, migrations, cancellationToken);
        if (arguments.Has("--check"))
        {
            return Check(context, state);
        }

        if (arguments.Has("--migrate"))
        {
            await context.Output.WriteLineAsync("Data migrations are no longer supported with alembic. This is now a no-op.");
            return 0;
        }

        if (arguments.Has("--contract"))
        {
            return state.IsCurrent ? 0 : throw new InvalidOperationException(
                "You are attempting to upgrade contract ahead of expand: run keystone-manage db_sync --expand first.");
        }

        if (arguments.Positional is { Length: > 0 } && !arguments.Has("--expand"))
        {
            throw new InvalidOperationException("Specifying a version is no longer supported");
        }

        await Schema.MigrateAsync(database, migrations, cancellationToken);
        return 0;
    }

    /// <summary>Schemas here only expand: a current one needs no --contract either.</summary>
    private static int Check(ManageContext context, SchemaState state)
    {
        context.Log(Module, state.IsCurrent ? "All db_sync commands are upgraded to the same version and up-to-date."
            : state.Applied == 0 ? "Your database is not currently under version control or the database is already controlled. Your first step is to run `keystone-manage db_sync --expand`."
            : "Your database is not up to date. Your first step is to run `keystone-manage db_sync --expand`.");
        context.Log(Module, string.Create(
            CultureInfo.InvariantCulture, $"Current repository versions:\nExpand: {state.Applied} (head: {state.Known})\nContract: {state.Applied} (head: {state.Known})"));
        return state.IsCurrent ? 0 : 2;
    }

    private static async Task<int> VersionAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var state = await Schema.CheckAsync(context.OpenDatabase(), typeof(IdentityService).Assembly, cancellationToken);
        await context.Output.WriteLineAsync(state.Applied.ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
