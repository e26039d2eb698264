// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Identity.Projects;

/// <summary>Names of projects and domains that have no character which URLs reserve. Source: Keystone's [resource] project_name_url_safe and domain_name_url_safe, RFC 3986.</summary>
internal static class UrlSafety
{
    public const string Off = "off";
    private const string Strict = "strict";
    private const string Reserved = ":/?#[]@!$&'()*+,;=";

    public static readonly string[] Choices = [Off, "new", Strict];

    /// <param name="option">Of projects or of domains.</param>
    /// <param name="entity">Project or Domain.</param>
    /// <exception cref="ApiException">400 for a name that nothing may be given from now on.</exception>
    public static void CheckNew(ServiceConfig config, Option<string> option, string entity, string name)
    {
        if (config.Get(option) != Off && Unsafe(name) is { Length: > 0 } characters)
        {
            throw Errors.Invalid($"{entity} name cannot contain the following reserved characters: {characters}");
        }
    }

    /// <summary>True for a name that no log-in may use for its scope. Ids are not concerned.</summary>
    public static bool Refuses(ServiceConfig config, Option<string> option, string? name) => name is not null && config.Get(option) == Strict && Unsafe(name).Length > 0;

    private static string Unsafe(string name) => string.Concat(name.Where(c => Reserved.Contains(c, StringComparison.Ordinal)));
}
