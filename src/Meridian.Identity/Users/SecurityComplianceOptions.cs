// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Users;

/// <summary>[security_compliance]. Source: Keystone's configuration reference. What is 0 or empty here is off.</summary>
internal static class SecurityComplianceOptions
{
    private const string Section = "security_compliance";
    private const string NoNotifications = "no notification of failed log-ins is sent that a hash could be added to";

    public static readonly Option<int> LockoutFailureAttempts = Opt.Integer(Section, "lockout_failure_attempts", 0, "Failed log-ins that lock an account.", 1);
    public static readonly Option<int> LockoutDuration = Opt.Integer(Section, "lockout_duration", 1800, "Seconds that an account stays locked.", 1);
    public static readonly Option<int> PasswordExpiresDays = Opt.Integer(Section, "password_expires_days", 0, "Days that a new password is good for.", 1);
    public static readonly Option<int> UniqueLastPasswordCount = Opt.Integer(Section, "unique_last_password_count", 0, "Last passwords, the current one included, that a user must not choose again.", 0);
    public static readonly Option<int> MinimumPasswordAge = Opt.Integer(Section, "minimum_password_age", 0, "Days that a user must keep a password that he chose.", 0);
    public static readonly Option<string?> PasswordRegex = Opt.Text(Section, "password_regex", null, "Regular expression that a new password must match from its start.");
    public static readonly Option<string?> PasswordRegexDescription = Opt.Text(Section, "password_regex_description", null, "That expression in words, for whom it refuses.");
    public static readonly Option<bool> ChangePasswordUponFirstUse = Opt.Boolean(Section, "change_password_upon_first_use", false, "Make users change the passwords that administrators gave them.");
    public static readonly Option<int> DisableUserAccountDaysInactive = Opt.Integer(Section, "disable_user_account_days_inactive", 0, "Days without a log-in that disable a user.", 1);

    public static IReadOnlyList<Option> All { get; } =
    [
        LockoutFailureAttempts, LockoutDuration, PasswordExpiresDays, UniqueLastPasswordCount, MinimumPasswordAge, PasswordRegex, PasswordRegexDescription,
        ChangePasswordUponFirstUse, DisableUserAccountDaysInactive,
    ];

    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new(Section, "report_invalid_password_hash", NoNotifications),
        new(Section, "invalid_password_hash_secret_key", NoNotifications),
        new(Section, "invalid_password_hash_function", NoNotifications),
        new(Section, "invalid_password_hash_max_chars", NoNotifications),
        new(Section, "allow_insecure_admin_trust_cross_project_credentials_access", "no delegation reaches credentials of another project, an administrator's neither"),
    ];
}
