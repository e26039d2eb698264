// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Auth;

/// <summary>Operators write Keystone's URL with or without /v3 and slashes; here it always ends in /v3.</summary>
public static class KeystoneUrl
{
    public static string V3(string url)
    {
        var trimmed = url.TrimEnd('/');
        return trimmed.EndsWith("/v3", StringComparison.Ordinal) ? trimmed : trimmed + "/v3";
    }
}
