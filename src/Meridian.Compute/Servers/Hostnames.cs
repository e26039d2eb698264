// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Meridian.Compute.Servers;

internal static class Hostnames
{
    /// <summary>A host name from a server's name: lower case letters, digits, dots and hyphens, at most 63.</summary>
    public static string From(string name, string serverId)
    {
        var text = new StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (c is ' ' or '_')
            {
                text.Append('-');
            }
            else if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            {
                text.Append(c);
            }
        }

        var result = text.ToString().Trim('.', '-');
        result = result.Length > 63 ? result[..63].TrimEnd('.', '-') : result;
        return result.Length == 0 ? $"server-{serverId}" : result;
    }
}
