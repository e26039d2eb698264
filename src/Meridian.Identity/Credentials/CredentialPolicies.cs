// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;

namespace Meridian.Identity.Credentials;

/// <summary>Source: Keystone's policy defaults, "credential".</summary>
internal static class CredentialPolicies
{
    public const string ReaderOrOwner = "(rule:admin_required) or (role:reader and system_scope:all) or user_id:%(target.credential.user_id)s";
    private const string AdminOrOwner = "(rule:admin_required) or user_id:%(target.credential.user_id)s";

    public static readonly PolicyRule Get = new("identity:get_credential", ReaderOrOwner, "Show a credential.", PolicyScopes.Any);
    public static readonly PolicyRule List = new("identity:list_credentials", ReaderOrOwner, "List credentials.", PolicyScopes.Any);
    public static readonly PolicyRule Create = new("identity:create_credential", AdminOrOwner, "Create a credential.", PolicyScopes.Any);
    public static readonly PolicyRule Update = new("identity:update_credential", AdminOrOwner, "Change a credential.", PolicyScopes.Any);
    public static readonly PolicyRule Delete = new("identity:delete_credential", AdminOrOwner, "Delete a credential.", PolicyScopes.Any);

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Update, Delete];

    public static PolicyTarget Target(Credential? credential) => credential is null ? PolicyTarget.None : PolicyBase.Target(
        ("target.credential.id", credential.Id), ("target.credential.user_id", credential.UserId), ("target.credential.project_id", credential.ProjectId),
        ("target.credential.type", credential.Type));

    /// <summary>A credential of that user which does not exist (yet).</summary>
    public static PolicyTarget OwnedBy(string userId) => PolicyBase.Target(("target.credential.user_id", userId));
}
