// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.DomainConfig;
using Meridian.Identity.Projects;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary><c>domain_config_upload</c>: stores what files named <c>keystone.DOMAIN.conf</c> say. A domain that has a configuration keeps it.</summary>
internal static class DomainConfigCommand
{
    public static readonly Option<string?> Folder = Opt.Text(
        "identity", "domain_config_dir", "/etc/keystone/domains", "Folder of files keystone.DOMAIN.conf; only domain_config_upload reads them.");

    private const string Head = "keystone.";
    private const string Tail = ".conf";

    public static ManageCommand Upload { get; } = new(
        "domain_config_upload", "Store domains' configuration files in the database.",
        [
            new("--all", null, "All files of [identity] domain_config_dir."),
            new("--domain-name", "DOMAIN_NAME", "Only this domain's."),
        ],
        RunAsync);

    private static async Task<int> RunAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var (name, all) = (context.Arguments.Find("--domain-name"), context.Arguments.Has("--all"));
        if (all == name is not null)
        {
            await context.Output.WriteLineAsync(all
                ? "The --all option cannot be used with the --domain-name option"
                : "At least one option must be provided, use either --all or --domain-name");
            return 1;
        }

        var folder = context.Config.Get(Folder)!;
        if (!Directory.Exists(folder))
        {
            await context.Output.WriteLineAsync($"Unable to locate domain config directory: {folder}");
            return 1;
        }

        await using var provider = await context.BuildServicesAsync(cancellationToken, services => services.AddSingleton<DomainConfigStore>());
        var failed = 0;
        foreach (var (file, domain) in name is not null ? [(Path.Combine(folder, Head + name + Tail), name)] : Find(context, folder))
        {
            failed += await UploadAsync(context, provider, file, domain, cancellationToken) ? 0 : 1;
        }

        return failed == 0 ? 0 : 1;
    }

    private static IEnumerable<(string File, string Domain)> Find(ManageContext context, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            if (name.StartsWith(Head, StringComparison.Ordinal) && name.EndsWith(Tail, StringComparison.Ordinal) && name.Length > Head.Length + Tail.Length - 1)
            {
                yield return (file, name[Head.Length..^Tail.Length]);
            }
            else
            {
                context.Log("keystone.cmd.cli", $"Ignoring file ({name}) while scanning domain config directory");
            }
        }
    }

    private static async Task<bool> UploadAsync(ManageContext context, ServiceProvider provider, string file, string domain, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(domain);
        string? id;
        await using (var db = provider.GetRequiredService<Database>().Open())
        {
            id = await db.GetTable<Project>().Where(p => p.IsDomain && p.DomainId == "" && p.NameKey == key).Select(p => p.Id).FirstOrDefaultAsync(cancellationToken);
            if (id is not null && await db.GetTable<DomainConfigOption>().AnyAsync(o => o.DomainId == id, cancellationToken))
            {
                return await FailAsync(context, $"Domain: {domain} already has a configuration defined - ignoring file: {file}.");
            }
        }

        if (id is null)
        {
            return await FailAsync(context, $"Invalid domain name: {domain} found in config file name: {file} - ignoring this file.");
        }

        try
        {
            var options = Read(id, await File.ReadAllTextAsync(file, cancellationToken), file);
            await provider.GetRequiredService<DomainConfigStore>().ReplaceAsync(id, options, cancellationToken);
            context.Log("keystone.cmd.cli", $"Successfully uploaded domain config '{file}'");
            return true;
        }
        catch (Exception exception) when (exception is ConfigException or IOException)
        {
            return await FailAsync(context, $"Error parsing configuration file for domain: {domain}, file: {file}.");
        }
        catch (ApiException exception)
        {
            return await FailAsync(context, $"Error processing config file for domain: {domain}, file: {file}, error: {exception.Message}");
        }
    }

    /// <summary>A value that stands several times counts as it stands first.</summary>
    /// <exception cref="ApiException">An option that domains may not set, or none at all.</exception>
    private static List<DomainConfigOption> Read(string domainId, string text, string file)
    {
        var options = new List<DomainConfigOption>();
        foreach (var value in ConfigFile.Parse(text, file).DistinctBy(v => (v.Section, v.Name)))
        {
            DomainConfigOptions.Check(value.Section, value.Name);
            options.Add(new() { DomainId = domainId, Group = value.Section, Name = value.Name, Value = JsonSerializer.Serialize(value.Value) });
        }

        return options.Count > 0 ? options : throw DomainConfigOptions.Invalid("No options specified");
    }

    private static async Task<bool> FailAsync(ManageContext context, string message)
    {
        await context.Output.WriteLineAsync(message);
        return false;
    }
}
