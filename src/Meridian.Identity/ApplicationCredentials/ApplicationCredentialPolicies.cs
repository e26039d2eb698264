// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.ApplicationCredentials;

/// <summary>Source: Keystone's policy defaults, "application_credential" and "access_rule".</summary>
internal static class ApplicationCredentialPolicies
{
    private const string ReaderOrOwner = "(rule:admin_required) or (role:reader and system_scope:all) or rule:owner";
    private const string SystemReaderOrUser = "(role:reader and system_scope:all) or user_id:%(target.user.id)s";
    private const string SystemAdminOrUser = "(role:admin and system_scope:all) or user_id:%(target.user.id)s";

    private static readonly string[] Project = ["project"];

    public static readonly PolicyRule Get = new("identity:get_application_credential", ReaderOrOwner, "Show an application credential.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule List = new("identity:list_application_credentials", ReaderOrOwner, "List a user's application credentials.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule Create = new("identity:create_application_credential", "user_id:%(user_id)s", "Make an application credential.", Project);
    public static readonly PolicyRule Delete = new("identity:delete_application_credential", PolicyBase.AdminOrOwner, "Delete an application credential.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule GetRule = new("identity:get_access_rule", SystemReaderOrUser, "Show an access rule.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule ListRules = new("identity:list_access_rules", SystemReaderOrUser, "List a user's access rules.", PolicyScopes.SystemOrProject);
    public static readonly PolicyRule DeleteRule = new("identity:delete_access_rule", SystemAdminOrUser, "Delete an access rule.", PolicyScopes.SystemOrProject);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Delete, GetRule, ListRules, DeleteRule];

    /// <param name="userId">Of the credential where there is one, whatever user the path names.</param>
    public static PolicyTarget Target(string userId) => new(userId: userId, attributes: new Dictionary<string, object?> { ["target.user.id"] = userId });
}
