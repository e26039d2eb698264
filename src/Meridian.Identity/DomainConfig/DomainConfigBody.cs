// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.DomainConfig;

/// <summary>The <c>config</c> of a request: options by group, or one option where the path names the group. What is wrong with it is 403, as in Keystone.</summary>
internal static class DomainConfigBody
{
    /// <param name="group">The group of the path: the body may hold no other.</param>
    /// <param name="name">The option of the path: the body holds it alone, without its group.</param>
    public static async Task<IReadOnlyList<DomainConfigOption>> ReadAsync(
        HttpRequest request, string domainId, string? group, string? name, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw Errors.Expecting("valid JSON object", "request body");
        }

        if (!document.RootElement.TryGetProperty("config", out var config))
        {
            throw DomainConfigOptions.Invalid("No options specified");
        }

        if (config.ValueKind != JsonValueKind.Object)
        {
            throw Errors.InvalidField("config", $"{ResourceBody.Show(config)} is not of type 'object'");
        }

        var options = group is not null && name is not null ? ReadGroup(domainId, group, config) : ReadGroups(domainId, config);
        if (group is not null)
        {
            DomainConfigOptions.Check(group, name);
            CheckPlace(options, group, name);
        }

        return options;
    }

    private static List<DomainConfigOption> ReadGroups(string domainId, JsonElement config)
    {
        var options = new List<DomainConfigOption>();
        foreach (var group in config.EnumerateObject())
        {
            options.AddRange(ReadGroup(domainId, group.Name, group.Value));
        }

        return options.Count > 0 ? options : throw DomainConfigOptions.Invalid("No options specified");
    }

    private static List<DomainConfigOption> ReadGroup(string domainId, string group, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.EnumerateObject().Any())
        {
            throw DomainConfigOptions.Invalid($"The value of group {group} specified in the config should be a dictionary of options");
        }

        var options = new List<DomainConfigOption>();
        foreach (var option in value.EnumerateObject())
        {
            DomainConfigOptions.Check(group, option.Name);
            options.Add(new() { DomainId = domainId, Group = group, Name = option.Name, Value = option.Value.GetRawText() });
        }

        return options;
    }

    private static void CheckPlace(List<DomainConfigOption> options, string group, string? name)
    {
        if (name is not null && options.Count != 1)
        {
            throw DomainConfigOptions.Invalid($"Trying to update option {name} in group {group}, so that, and only that, option must be specified  in the config");
        }

        if (name is not null && options[0].Name != name)
        {
            throw DomainConfigOptions.Invalid($"Trying to update option {name} in group {group}, but config provided contains option {options[0].Name} instead");
        }

        if (options.Select(o => o.Group).Distinct(StringComparer.Ordinal).Count() != 1)
        {
            throw DomainConfigOptions.Invalid($"Trying to update group {group}, so that, and only that, group must be specified in the config");
        }

        if (options[0].Group != group)
        {
            throw DomainConfigOptions.Invalid($"request to update group {group}, but config provided contains group {options[0].Group} instead");
        }
    }
}
