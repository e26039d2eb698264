// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Projects;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary>
/// Commands about ids that stand for users and groups of another directory, and about federation. Every user here is the database's own: their arguments are judged
/// as Keystone judges them, and there is nothing to purge or to fill.
/// </summary>
internal static class MappingCommands
{
    public static ManageCommand Purge { get; } = new(
        "mapping_purge", "Remove ids that stand for users and groups of another directory.",
        [
            new("--all", null, "Remove all."),
            new("--domain-name", "DOMAIN_NAME", "Those of this domain."),
            new("--public-id", "PUBLIC_ID", "The one that has this id here."),
            new("--local-id", "LOCAL_ID", "Those that have this id there."),
            new("--type", "{user,group}", "Those of this type.", Choices: ["user", "group"]),
        ],
        PurgeAsync);

    public static ManageCommand Populate { get; } = new(
        "mapping_populate", "Make ids for the users of a domain that is kept in another directory.",
        [new("--domain-name", "DOMAIN_NAME", "The domain.", Required: true)],
        PopulateAsync);

    public static ManageCommand Engine { get; } = new(
        "mapping_engine", "Try the rules of a federation's mapping.",
        [
            new("--rules", "RULES", "File of the rules.", Required: true),
            new("--input", "INPUT", "File of the attributes.", Required: true),
            new("--prefix", "PREFIX", "Only attributes whose names begin so."),
            new("--engine-debug", null, "Tell each step."),
            new("--mapping-schema-version", "VERSION", "Version of the rules."),
        ],
        (_, _) => throw new ManageExitException("There is no federation in this Keystone, and no mapping to try."));

    private static async Task<int> PurgeAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var others = new[] { "--domain-name", "--public-id", "--local-id", "--type" }.Any(arguments.Has);
        if (!others && !arguments.Has("--all"))
        {
            throw new InvalidOperationException("At least one option must be provided");
        }

        if (others && arguments.Has("--all"))
        {
            throw new InvalidOperationException("--all option cannot be mixed with other options");
        }

        if (arguments.Find("--domain-name") is { } name && !await DomainExistsAsync(context, name, cancellationToken))
        {
            throw Errors.NotFound("domain", name);
        }

        context.Log("keystone.cmd.cli", "No id stands for a user or group of another directory: nothing is removed.");
        return 0;
    }

    /// <summary>As in Keystone, an unknown domain is told and no failure.</summary>
    private static async Task<int> PopulateAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var name = context.Arguments.Find("--domain-name")!;
        if (!await DomainExistsAsync(context, name, cancellationToken))
        {
            await context.Output.WriteLineAsync($"Invalid domain name: {name}");
            return 0;
        }

        context.Log("keystone.cmd.cli", $"Domain {name} is kept in the database: its users need no other ids.");
        return 0;
    }

    private static async Task<bool> DomainExistsAsync(ManageContext context, string name, CancellationToken cancellationToken)
    {
        await using var provider = await context.BuildServicesAsync(cancellationToken);
        await using var db = provider.GetRequiredService<Database>().Open();
        var key = NameKey.Of(name);
        return await db.GetTable<Project>().AnyAsync(p => p.IsDomain && p.NameKey == key && p.DomainId == "", cancellationToken);
    }
}
