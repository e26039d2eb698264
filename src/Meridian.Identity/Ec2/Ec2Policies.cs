// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Credentials;
using Meridian.Platform.Policy;

namespace Meridian.Identity.Ec2;

/// <summary>Source: Keystone's policy defaults, "ec2_credential", "ec2tokens", "s3tokens".</summary>
internal static class Ec2Policies
{
    private const string AdminOrMemberOwner = "(rule:admin_required) or (role:member and user_id:%(target.credential.user_id)s)";
    private const string ServiceOrAdmin = "rule:service_or_admin";

    public static readonly PolicyRule Get = new("identity:ec2_get_credential", CredentialPolicies.ReaderOrOwner, "Show an EC2 credential.", PolicyScopes.SystemOrProject);

    public static readonly PolicyRule List = new(
        "identity:ec2_list_credentials", "(rule:admin_required) or (role:reader and system_scope:all) or rule:owner", "List a user's EC2 credentials.", PolicyScopes.SystemOrProject);

    public static readonly PolicyRule Create = new("identity:ec2_create_credential", AdminOrMemberOwner, "Create an EC2 credential.", PolicyScopes.SystemOrProject)
    {
        Deprecated = new(PolicyBase.AdminOrOwner),
    };

    public static readonly PolicyRule Delete = new("identity:ec2_delete_credential", AdminOrMemberOwner, "Delete an EC2 credential.", PolicyScopes.SystemOrProject)
    {
        Deprecated = new("rule:admin_required or (rule:owner and user_id:%(target.credential.user_id)s)"),
    };

    // A signature alone buys nothing (OSSA-2025-002): whoever holds a presigned URL would else turn it into a token.
    public static readonly PolicyRule ValidateEc2 = new("identity:ec2tokens_validate", ServiceOrAdmin, "Turn a request signed with EC2 credentials into a token.", PolicyScopes.Any);

    public static readonly PolicyRule ValidateS3 = new("identity:s3tokens_validate", ServiceOrAdmin, "Turn a request signed for S3 into a token.", PolicyScopes.Any);

    /// <param name="userId">Of the path.</param>
    /// <param name="ownerId">Of the credential.</param>
    public static PolicyTarget Target(string userId, string ownerId, string? projectId = null) =>
        PolicyBase.Target(("user_id", userId), ("target.credential.user_id", ownerId), ("target.credential.project_id", projectId), ("target.credential.type", CredentialTypes.Ec2));

    public static IReadOnlyList<PolicyRule> All { get; } = [Get, List, Create, Delete, ValidateEc2, ValidateS3];
}
