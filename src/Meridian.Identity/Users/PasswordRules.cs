// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.RegularExpressions;

using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.Extensions.Logging;

namespace Meridian.Identity.Users;

/// <summary>Which new passwords are taken: length and [security_compliance] password_regex. Source: Keystone's administrator guide, "Security compliance and PCI-DSS".</summary>
internal sealed partial class PasswordRules(ServiceConfig config, PasswordHasher hasher, ILogger<PasswordRules> logger)
{
    /// <summary>An expression that runs longer is one that goes back and forth without end.</summary>
    private static readonly TimeSpan MatchTime = TimeSpan.FromSeconds(1);

    private readonly string? pattern = config.Get(SecurityComplianceOptions.PasswordRegex);

    /// <param name="password">Null where the body says null.</param>
    /// <exception cref="ApiException">400, or 403 for a length that strict_password_check refuses.</exception>
    public void Check(string? password)
    {
        if (pattern is { Length: > 0 })
        {
            CheckPattern(password ?? throw Errors.Invalid("Password validation error: Password must be a string type."));
        }

        if (password is null)
        {
            return;
        }

        // Refused unread when it is longer than any password may be; cut at bcrypt's 72 bytes unless strict (OSSA-2012-002).
        var length = Encoding.UTF8.GetByteCount(password);
        var most = config.Get(IdentityOptions.MaxPasswordLength);
        if (config.Get(IdentityOptions.StrictPasswordCheck) && length > Math.Min(most, hasher.MaxBytes))
        {
            throw new ApiException(403, TooLong(Math.Min(most, hasher.MaxBytes)));
        }

        if (length > most)
        {
            throw Errors.Invalid(TooLong(most));
        }

        if (password.Contains('\0', StringComparison.Ordinal))
        {
            throw Errors.InvalidField("password", "it holds a NUL character");
        }
    }

    private static string TooLong(int most) =>
        $"The password length must be less than or equal to {most}. The server could not comply with the request because the password is invalid.";

    private void CheckPattern(string password)
    {
        bool matches;
        try
        {
            // As Python's re.match: at the start, not necessarily to the end.
            matches = Regex.IsMatch(password, @"\A(?:" + pattern + ")", RegexOptions.CultureInvariant, MatchTime);
        }
        catch (Exception exception) when (exception is ArgumentException or RegexMatchTimeoutException)
        {
            LogBadExpression(exception);
            throw Errors.Invalid("Password validation error: Unable to validate password due to invalid configuration.");
        }

        if (!matches)
        {
            throw Errors.Invalid($"The password does not match the requirements: {config.Get(SecurityComplianceOptions.PasswordRegexDescription) ?? "None"}.");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "[security_compliance] password_regex cannot be used: no password can be set until it is mended")]
    private partial void LogBadExpression(Exception exception);
}
