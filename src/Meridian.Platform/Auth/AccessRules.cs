// SPDX-License-Identifier: Apache-2.0
using Microsoft.AspNetCore.Http;

namespace Meridian.Platform.Auth;

/// <summary>What an application credential's access rules let through at a service. Source: keystonemiddleware auth_token; identity v3 API, "Application Credentials".</summary>
public static class AccessRules
{
    /// <summary>In it a service tells Keystone that it heeds access rules; without it Keystone knows no token that has some.</summary>
    public const string SupportHeader = "OpenStack-Identity-Access-Rules";

    /// <param name="serviceType">The service asked; a rule names the service that it is for.</param>
    /// <param name="fromService">A service asks on the user's behalf: what the user was allowed to start is finished.</param>
    /// <returns>True as well for a token without such rules.</returns>
    public static bool Allow(TokenInfo token, string? serviceType, HttpRequest request, bool fromService)
    {
        if (token.ApplicationCredential?.AccessRules is not { } rules)
        {
            return true;
        }

        if (string.IsNullOrEmpty(serviceType))
        {
            return false;
        }

        // Kestrel has resolved dots and escapes: this is the path that routing sees. Its case counts here, though it does not there.
        var path = request.PathBase.Value + request.Path.Value;
        var isValidation = serviceType == "identity" && HttpMethods.IsGet(request.Method) && path.EndsWith("/v3/auth/tokens", StringComparison.Ordinal);
        return fromService || isValidation || rules.Any(rule => rule.Service == serviceType && rule.Method == request.Method && Matches(path, rule.Path ?? ""));
    }

    /// <summary>Whether a pattern means this path: <c>*</c> and <c>{name}</c> stand for one part of it, <c>**</c> for any text.</summary>
    /// <remarks>Takes the time of pattern times path at most, whatever the pattern: it is a user's.</remarks>
    public static bool Matches(string path, string pattern)
    {
        // Where in the path one may stand after so much of the pattern.
        var at = new bool[path.Length + 1];
        at[0] = true;
        for (var i = 0; i < pattern.Length;)
        {
            var rest = pattern.AsSpan(i);
            var closing = rest[0] == '{' ? rest.IndexOf('}') : -1;
            if (rest.StartsWith("**"))
            {
                Spread(at, _ => true);
                i += 2;
            }
            else if (rest[0] == '*' || closing > 0)
            {
                StepOver(at, p => path[p] != '/');
                Spread(at, p => path[p] != '/');
                i += closing > 0 ? closing + 1 : 1;
            }
            else
            {
                var literal = rest[0];
                StepOver(at, p => path[p] == literal);
                i++;
            }
        }

        return at[^1];
    }

    /// <summary>Goes over one character that fits.</summary>
    private static void StepOver(bool[] at, Predicate<int> fits)
    {
        for (var p = at.Length - 1; p > 0; p--)
        {
            at[p] = at[p - 1] && fits(p - 1);
        }

        at[0] = false;
    }

    /// <summary>Goes over as many more as fit, or none.</summary>
    private static void Spread(bool[] at, Predicate<int> fits)
    {
        for (var p = 1; p < at.Length; p++)
        {
            at[p] |= at[p - 1] && fits(p - 1);
        }
    }
}
