// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Users;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;

namespace Meridian.Identity.DomainConfig;

/// <summary>
/// What everybody with a token may know of [security_compliance]: what passwords must look like. Source: Keystone's domain configuration, which shows it under the
/// default domain alone.
/// </summary>
internal static class SecurityCompliance
{
    public const string Group = "security_compliance";

    private static readonly DomainOption[] Readable = [DomainOption.Of(SecurityComplianceOptions.PasswordRegex), DomainOption.Of(SecurityComplianceOptions.PasswordRegexDescription)];

    /// <exception cref="ApiException">403 for another domain or another option.</exception>
    public static JsonAnswer Answer(string domainId, string? option, ServiceConfig config)
    {
        if (domainId != config.Get(IdentityOptions.DefaultDomainId))
        {
            throw DomainConfigOptions.Invalid("Reading security compliance information for any domain other than the default domain is not allowed or supported.");
        }

        var shown = Readable.Where(o => option is null || o.Name == option).ToList();
        return shown.Count > 0
            ? DomainConfigEndpoints.Answer(StatusCodes.Status200OK, shown, option, o => (Group, o.Name), (writer, o) => o.Write(writer, config))
            : throw DomainConfigOptions.Invalid("Reading security compliance values other than password_regex and password_regex_description is not allowed.");
    }
}
