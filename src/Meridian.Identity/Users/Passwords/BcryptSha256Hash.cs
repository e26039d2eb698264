// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Meridian.Identity.Users.Passwords;

/// <summary>
/// <c>$bcrypt-sha256$v=2,t=2b,r=12$salt$digest</c>, as passlib and Keystone write it: bcrypt of the base64 of an HMAC-SHA256 of the password, keyed with
/// the salt's characters. All of a password counts.
/// </summary>
/// <param name="rounds">Of them the logarithm: 4 to 31.</param>
internal sealed partial class BcryptSha256Hash(int rounds) : IPasswordHash
{
    private const string Prefix = "$bcrypt-sha256$";

    public IReadOnlyList<string> Prefixes { get; } = [Prefix];

    public int MaxBytes => int.MaxValue;

    public string Nobodys { get; } = $"{Prefix}v=2,t=2b,r={rounds}${new string('.', Bcrypt.SaltLength)}${new string('.', Bcrypt.DigestLength)}";

    public string Hash(string password)
    {
        var setting = Bcrypt.NewSetting(rounds);
        var salt = setting[^Bcrypt.SaltLength..];
        var hash = Bcrypt.Compute(Digest(password, salt), setting) ?? throw new CryptographicException("libcrypt refused to compute bcrypt");
        return $"{Prefix}v=2,t=2b,r={rounds}${salt}${hash[^Bcrypt.DigestLength..]}";
    }

    public bool Verify(string password, string hash)
    {
        if (Form().Match(hash) is not { Success: true } match)
        {
            return false;
        }

        var salt = match.Groups["salt"].Value;
        var cost = int.Parse(match.Groups["rounds"].Value, CultureInfo.InvariantCulture);
        var computed = Bcrypt.Compute(Digest(password, salt), $"${match.Groups["type"].Value}${cost:D2}${salt}");
        return computed is not null
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(computed[^Bcrypt.DigestLength..]), Encoding.ASCII.GetBytes(match.Groups["digest"].Value));
    }

    private static string Digest(string password, string salt) =>
        Convert.ToBase64String(HMACSHA256.HashData(Encoding.ASCII.GetBytes(salt), Encoding.UTF8.GetBytes(password)));

    [GeneratedRegex(@"^\$bcrypt-sha256\$v=2,t=(?<type>2[aby]),r=(?<rounds>[0-9]{1,2})\$(?<salt>[./A-Za-z0-9]{22})\$(?<digest>[./A-Za-z0-9]{31})\z")]
    private static partial Regex Form();
}
