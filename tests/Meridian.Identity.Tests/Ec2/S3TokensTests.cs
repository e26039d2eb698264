// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Identity.Tests.Credentials;

namespace Meridian.Identity.Tests.Ec2;

/// <summary>The access key and the signatures are those of Amazon's S3 documentation.</summary>
public sealed class S3TokensTests(Ec2Api api) : IClassFixture<Ec2Api>, IAsyncLifetime
{
    private const string Access = "AKIAIOSFODNN7EXAMPLE";
    private const string Version4 = "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972";
    private const string Version4Signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";

    private TestUser user = null!;

    public async ValueTask InitializeAsync() => user = await api.DepositAsync(Access, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/puppy.jpg", "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=")]
    [InlineData(Version4, Version4Signature)]
    public async Task Amazons_examples_are_accepted_without_giving_the_token_away(string signed, string signature)
    {
        var answer = await PostAsync(signed, signature);

        Assert.Equal(200, answer.Status);
        Assert.Equal(user.Id, answer["token"].GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(user.ProjectId, answer["token"].GetProperty("project").GetProperty("id").GetString());
        Assert.Equal("ec2credential", answer["token"].GetProperty("methods")[0].GetString());
        Assert.DoesNotContain("X-Subject-Token", answer.Headers.Keys);
    }

    [Theory]
    [InlineData("GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/awsexamplebucket1/photos/kitten.jpg", "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=")]
    [InlineData(Version4, "00e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")]
    [InlineData(Version4, "")]
    [InlineData(Version4 + "\n", Version4Signature)]
    [InlineData("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/ec2/aws4_request\n7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972", Version4Signature)]
    [InlineData("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3\n7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972", Version4Signature)]
    public async Task Anything_else_is_401(string signed, string signature) => Assert.Equal(401, (await PostAsync(signed, signature)).Status);

    // Keystone takes the four lines of a request only; a front end checks the chunks of a stream with what it knows of the first signature.
    [Fact]
    public async Task The_text_that_chunks_of_a_stream_sign_is_401_as_in_Keystone() => Assert.Equal(401, (await PostAsync(
        "AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9\n"
        + AwsSigner.EmptyHash + "\nbf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a",
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")).Status);

    [Theory]
    [InlineData(400, """{"credentials": {"access": "AKIAIOSFODNN7EXAMPLE", "signature": "x"}}""")]
    [InlineData(400, """{"credentials": {"access": "AKIAIOSFODNN7EXAMPLE", "signature": "x", "token": 5}}""")]
    [InlineData(401, """{"credentials": {"access": "AKIAIOSFODNN7EXAMPLE", "signature": "x", "token": "no base64!"}}""")]
    [InlineData(401, """{"credentials": {"access": "AKIAIOSFODNN7EXAMPLE", "token": "QVdT"}}""")]
    [InlineData(404, """{"credentials": {"access": "nosuch", "signature": "x", "token": "QVdT"}}""")]
    [InlineData(401, """{"credentials": {"signature": "x"}}""")]
    public async Task A_bad_body_is_refused(int status, string body) => Assert.Equal(status, (await api.PostAsync("/v3/s3tokens", body)).Status);

    // OSSA-2025-002
    [Fact]
    public async Task Ossa_2025_002_a_presigned_URL_alone_buys_nothing()
    {
        Assert.Equal(401, (await PostAsync(Version4, Version4Signature, "")).Status);
        Assert.Equal(403, (await PostAsync(Version4, Version4Signature, user.Token)).Status);
        Assert.Equal(200, (await PostAsync(Version4, Version4Signature, (await TestUser.CreateAsync(api, "service")).Token)).Status);
    }

    private Task<ApiAnswer> PostAsync(string signed, string signature, string? token = null) => api.PostAsync(
        "/v3/s3tokens",
        new { credentials = new { access = Access, token = Convert.ToBase64String(Encoding.UTF8.GetBytes(signed)).Replace('+', '-').Replace('/', '_'), signature } }, token);
}
