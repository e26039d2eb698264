// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Users;

/// <summary>What [security_compliance] and a user's own options say of an account now. Source: Keystone's administrator guide, "Security compliance and PCI-DSS".</summary>
internal sealed class AccountPolicy(ServiceConfig config, TimeProvider clock)
{
    private readonly int maxInactiveDays = config.Get(SecurityComplianceOptions.DisableUserAccountDaysInactive);
    private readonly int expiresDays = config.Get(SecurityComplianceOptions.PasswordExpiresDays);
    private readonly int minAgeDays = config.Get(SecurityComplianceOptions.MinimumPasswordAge);
    private readonly bool changeUponFirstUse = config.Get(SecurityComplianceOptions.ChangePasswordUponFirstUse);

    /// <summary>Failed log-ins that lock an account; 0 when nothing does.</summary>
    public int MaxAttempts { get; } = config.Get(SecurityComplianceOptions.LockoutFailureAttempts);

    public TimeSpan LockoutDuration { get; } = TimeSpan.FromSeconds(config.Get(SecurityComplianceOptions.LockoutDuration));

    public DateTime Now => clock.GetUtcNow().UtcDateTime;

    /// <summary>Enabled, and not disabled by long absence.</summary>
    public bool IsEnabled(User user) => user.Enabled
        && (maxInactiveDays == 0 || (Now.Date - (user.LastActiveAt ?? user.CreatedAt).Date).Days < maxInactiveDays || UserOptions.Of(user).IgnoreUserInactivity);

    public bool CountsFailures(User user) => MaxAttempts > 0 && !UserOptions.Of(user).IgnoreLockoutFailureAttempts;

    public bool IsLocked(User user) => CountsFailures(user) && user.FailedAuthCount >= MaxAttempts && user.FailedAuthAt + LockoutDuration > Now;

    public bool IsPasswordExpired(User user) => user.PasswordExpiresAt <= Now && !UserOptions.Of(user).IgnorePasswordExpiry;

    /// <summary>When a password that is set now ends: whole seconds, as Keystone's do.</summary>
    /// <param name="selfService">The user chose it himself.</param>
    public DateTime? PasswordExpiry(User user, bool selfService)
    {
        var options = UserOptions.Of(user);
        var now = Now;
        if (!selfService && changeUponFirstUse && !options.IgnoreChangePasswordUponFirstUse)
        {
            return now;
        }

        var end = now.AddDays(expiresDays);
        return expiresDays > 0 && !options.IgnorePasswordExpiry ? end.AddTicks(-(end.Ticks % TimeSpan.TicksPerSecond)) : null;
    }

    /// <exception cref="Platform.Http.ApiException">400: the password is locked, or too young to be changed again.</exception>
    public void RequireChangeable(User user)
    {
        if (UserOptions.Of(user).LockPassword)
        {
            throw Errors.Invalid(
                "You cannot change your password at this time due to password policy disallowing password changes. Please contact your administrator to reset your password.");
        }

        // What an administrator gave may be changed at once.
        var left = user is { PasswordSelfService: true, PasswordChangedAt: { } changed } ? changed.AddDays(minAgeDays) - Now : TimeSpan.Zero;
        if (left > TimeSpan.Zero)
        {
            throw Errors.Invalid(
                "You cannot change your password at this time due to the minimum password age. Once you change your password, it must be used for "
                + $"{minAgeDays} day(s) before it can be changed. Please try again in {left.Days} day(s) or contact your administrator to reset your password.");
        }
    }
}
