// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity;

/// <summary>Names are unique and found without regard to case, and shown as written (DESIGN 7).</summary>
internal static class NameKey
{
    public static string Of(string name) => name.ToLowerInvariant();
}
