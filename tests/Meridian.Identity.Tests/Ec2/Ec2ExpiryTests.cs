// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Time.Testing;

namespace Meridian.Identity.Tests.Ec2;

/// <summary>OSSA-2020-003: how long a signature counts, on a clock that the test winds.</summary>
public sealed class Ec2ExpiryTests(Ec2ExpiryTests.WoundApi api) : IClassFixture<Ec2ExpiryTests.WoundApi>
{
    private const string Secret = "a-secret";

    [Theory]
    [InlineData(200, 0)]
    [InlineData(200, -14)]
    [InlineData(200, -15)]
    [InlineData(401, -16)]
    [InlineData(401, -60 * 24 * 365)]
    [InlineData(200, 5)]
    public async Task Ossa_2020_003_a_signature_counts_fifteen_minutes_and_forgives_a_client_whose_clock_is_fast(int status, int minutes)
    {
        await api.DepositAsync("wound", Secret);
        var signed = Ec2Calls.Version4("wound", Secret, api.Wound.GetUtcNow().AddMinutes(minutes).AddSeconds(minutes < 0 ? 1 : 0));

        Assert.Equal(status, (await api.SignedAsync(signed)).Status);
    }

    [Fact]
    public async Task Ossa_2020_003_a_request_that_was_good_is_refused_when_it_is_sent_again_later()
    {
        await api.DepositAsync("replayed", Secret);
        var signed = Ec2Calls.Version4("replayed", Secret, api.Wound.GetUtcNow());
        Assert.Equal(200, (await api.SignedAsync(signed)).Status);

        api.Wound.Advance(TimeSpan.FromMinutes(16));

        Assert.Equal(401, (await api.SignedAsync(signed)).Status);
    }

    // A POST's parameters are not signed in version 4: a fresh Timestamp among them proves nothing.
    [Fact]
    public async Task Ossa_2020_003_an_unsigned_time_does_not_refresh_an_old_signature()
    {
        await api.DepositAsync("refreshed", Secret);
        var time = api.Wound.GetUtcNow().AddHours(-1);
        var stamp = AwsSigner.Stamp(time);
        var signature = AwsSigner.Version4(Secret, "POST", "h", time);

        var answer = await api.SignedAsync(new
        {
            access = "refreshed",
            signature,
            host = "h",
            verb = "POST",
            path = "/",
            @params = new Dictionary<string, string> { ["Timestamp"] = AwsSigner.Stamp(api.Wound.GetUtcNow()) },
            headers = new Dictionary<string, string>
            {
                ["Host"] = "h",
                ["X-Amz-Date"] = stamp,
                ["Authorization"] = $"AWS4-HMAC-SHA256 Credential=refreshed/{stamp[..8]}/RegionOne/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}",
            },
            body_hash = AwsSigner.EmptyHash,
        });

        Assert.Equal(401, answer.Status);
    }

    [Theory]
    [InlineData(200, "yyyy-MM-ddTHH:mm:ssZ")]
    [InlineData(200, "yyyy-MM-ddTHH:mm:ss")]
    [InlineData(200, "yyyy-MM-ddTHH:mm:ss.fff+00:00")]
    [InlineData(401, "yyyy-MM-ddTHH:mm:ss+05:30")]
    [InlineData(401, "ddd, dd MMM yyyy")]
    public async Task A_time_of_version_2_is_read_in_every_ISO_form(int status, string form)
    {
        await api.DepositAsync("forms", Secret);
        var parameters = new Dictionary<string, string>
        {
            ["SignatureVersion"] = "2", ["SignatureMethod"] = "HmacSHA256", ["Timestamp"] = api.Wound.GetUtcNow().UtcDateTime.ToString(form.Replace("T", "'T'", StringComparison.Ordinal).Replace("Z", "'Z'", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture),
        };
        var signature = AwsSigner.Version2(Secret, "GET", "h", "/", parameters);

        Assert.Equal(status, (await api.SignedAsync(new { access = "forms", signature, host = "h", verb = "GET", path = "/", @params = parameters })).Status);
    }

    public sealed class WoundApi : IdentityApi
    {
        // Tokens live long here: the administrator's is not to end while the test winds the clock.
        protected override string Further => "[token]\nexpiration = 86400\n";

        protected override TimeProvider? Clock => Wound;

        public FakeTimeProvider Wound { get; } = new(TimeProvider.System.GetUtcNow());
    }
}
