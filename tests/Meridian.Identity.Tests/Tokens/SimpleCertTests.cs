// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Tests.Tokens;

public sealed class SimpleCertTests(IdentityApi api) : IClassFixture<IdentityApi>
{
    [Theory]
    [InlineData("/v3/OS-SIMPLE-CERT/ca")]
    [InlineData("/v3/OS-SIMPLE-CERT/certificates")]
    public async Task Certificates_of_PKI_tokens_are_gone(string path)
    {
        var answer = await api.GetAsync(path, "");

        Assert.Equal(410, answer.Status);
        Assert.Equal("This API is no longer available due to the removal of support for PKI tokens.", answer.Message);
        Assert.Equal("Gone", answer["error"].GetProperty("title").GetString());
    }
}
