// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Roles;
using Meridian.Platform.Http;

namespace Meridian.Identity.Trusts;

/// <summary>The body of POST /v3/OS-TRUST/trusts, read. Source: Keystone's schema of trusts.</summary>
internal sealed record NewTrust(Trust Trust, IReadOnlyList<RoleReference> Roles, bool AllowRedelegation, int? RedelegationCount)
{
    private static readonly string[] Known =
    [
        "trustor_user_id", "trustee_user_id", "project_id", "impersonation", "expires_at", "remaining_uses", "redelegated_trust_id", "redelegation_count",
        "allow_redelegation", "roles", "deleted_at", "roles_links",
    ];

    /// <exception cref="ApiException">400 for what is no trust.</exception>
    public static NewTrust Read(ResourceBody body, TimeProvider clock) => new(
        new Trust
        {
            Id = Guid.NewGuid().ToString("N"),
            TrustorUserId = Required(body, "trustor_user_id"),
            TrusteeUserId = Required(body, "trustee_user_id"),
            Impersonation = body.Boolean("impersonation") ?? throw Errors.Invalid("'impersonation' is a required property"),
            ProjectId = body.Id("project_id"),
            RemainingUses = body.IntegerOrNull("remaining_uses", min: 1),
            RedelegatedTrustId = body.Text("redelegated_trust_id"),
            ExpiresAt = ExpiryTime.Read(body, clock),
            Extra = body.Extra(null, Known),
        },
        RoleReference.ReadAll(body), body.BooleanOrNull("allow_redelegation") ?? false, body.IntegerOrNull("redelegation_count", min: 0));

    private static string Required(ResourceBody body, string field) =>
        body.Id(field) ?? throw (body.Has(field) ? Errors.InvalidField(field, "None is not of type 'string'") : Errors.Invalid($"'{field}' is a required property"));
}
