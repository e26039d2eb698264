// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Limits;
using Meridian.Platform.Config;

namespace Meridian.Identity.Projects;

/// <summary>Source: Keystone's configuration reference, [DEFAULT] and [resource].</summary>
internal static class ProjectOptions
{
    public static readonly Option<int> MaxTreeDepth = Opt.Integer("DEFAULT", "max_project_tree_depth", 5, "Levels of projects below a domain.", 0);
    public static readonly Option<int> ListLimit = Opt.Integer("resource", "list_limit", 0, "Most entries of a list of projects or domains; 0 leaves it to [DEFAULT] list_limit.", 0, deprecated: ["assignment.list_limit"]);

    public static readonly Option<string> ProjectNameUrlSafe = Opt.Choice(
        "resource", "project_name_url_safe", UrlSafety.Off, "Refuse names of projects that have characters which URLs reserve: new ones, or (strict) also where a log-in names its scope.", UrlSafety.Choices);
    public static readonly Option<string> DomainNameUrlSafe = Opt.Choice(
        "resource", "domain_name_url_safe", UrlSafety.Off, "Refuse names of domains that have characters which URLs reserve: new ones, or (strict) also where a log-in names its scope.", UrlSafety.Choices);

    public static IReadOnlyList<Option> All { get; } = [MaxTreeDepth, ListLimit, ProjectNameUrlSafe, DomainNameUrlSafe];

    /// <summary>Levels of projects below a domain: what is configured, or less where the limits' model admits less.</summary>
    public static int TreeDepth(ServiceConfig config) => config.Get(LimitOptions.EnforcementModel) == LimitOptions.StrictTwoLevel
        ? Math.Min(config.Get(MaxTreeDepth), LimitHierarchy.MaxTreeDepth)
        : config.Get(MaxTreeDepth);
}
