// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Users.Passwords;

/// <summary>Base64 without padding, as stored hashes have it.</summary>
internal static class ShortBase64
{
    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <param name="text">passlib's <c>.</c> is read as <c>+</c>.</param>
    /// <returns>Null when it is no such text.</returns>
    public static byte[]? Decode(string text)
    {
        var padded = text.Replace('.', '+') + (text.Length % 4) switch { 2 => "==", 3 => "=", _ => "" };
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? bytes[..length] : null;
    }
}
