// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Identity.Tokens.Methods;

namespace Meridian.Identity.Tests.Tokens.Methods;

public sealed class TotpTests
{
    /// <summary>Base32 of the RFC's <c>12345678901234567890</c>.</summary>
    private const string Secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    // RFC 6238, appendix B: the last six of its eight digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void A_passcode_is_the_rfcs(long seconds, string passcode)
    {
        Assert.Equal(passcode, Totp.Compute(Encoding.ASCII.GetBytes("12345678901234567890"), seconds / Totp.WindowSeconds));
        Assert.True(Totp.Verify(Secret, passcode, DateTimeOffset.FromUnixTimeSeconds(seconds), 0));
    }

    [Theory]
    [InlineData(1111111109 + 30, 1, true)]
    [InlineData(1111111109 + 30, 0, false)]
    [InlineData(1111111109 + 60, 1, false)]
    [InlineData(1111111109 + 300, 10, true)]
    [InlineData(1111111109 - 30, 10, false)]
    public void Earlier_windows_are_taken_as_configured_and_later_ones_never(long seconds, int windows, bool taken) =>
        Assert.Equal(taken, Totp.Verify(Secret, "081804", DateTimeOffset.FromUnixTimeSeconds(seconds), windows));

    [Theory]
    [InlineData("")]
    [InlineData("81804")]
    [InlineData("0081804")]
    [InlineData("081805")]
    [InlineData("０８１８０４")]
    public void Another_passcode_is_wrong(string passcode) => Assert.False(Totp.Verify(Secret, passcode, DateTimeOffset.FromUnixTimeSeconds(1111111109), 1));

    [Theory]
    [InlineData("MZXW6YTBOI======", "foobar")]
    [InlineData("MZXW6YTBOI", "foobar")]
    [InlineData("MZXW6YTB", "fooba")]
    [InlineData("MY", "f")]
    public void Base32_is_read_with_and_without_padding(string text, string bytes) => Assert.Equal(bytes, Encoding.ASCII.GetString(Totp.Decode(text)!));

    [Theory]
    [InlineData("mzxw6ytb")]
    [InlineData("MZXW 6YTB")]
    [InlineData("1")]
    [InlineData("=MY")]
    [InlineData("")]
    public void What_is_no_base32_has_no_passcode(string secret)
    {
        Assert.Null(Totp.Decode(secret));
        Assert.False(Totp.Verify(secret, "000000", DateTimeOffset.UnixEpoch, 10));
    }
}
