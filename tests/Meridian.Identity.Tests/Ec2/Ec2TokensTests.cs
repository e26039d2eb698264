// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tests.Credentials;

namespace Meridian.Identity.Tests.Ec2;

public sealed class Ec2TokensTests(Ec2Api api) : IClassFixture<Ec2Api>
{
    private const string Secret = "a-secret";

    private static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_signed_request_buys_a_token_of_the_credentials_user_and_project()
    {
        var access = IdentityApi.Unique("ak");
        var user = await api.DepositAsync(access, Secret);

        var answer = await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time));
        var token = answer["token"];
        var validated = await api.ValidateAsync(answer.Headers["X-Subject-Token"]);

        Assert.Equal(200, answer.Status);
        Assert.Equal(["ec2credential"], token.GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal(user.Id, token.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal(user.ProjectId, token.GetProperty("project").GetProperty("id").GetString());
        Assert.Equal(["member", "reader"], token.GetProperty("roles").EnumerateArray().Select(r => r.GetProperty("name").GetString()).Order());
        Assert.True(token.GetProperty("catalog").GetArrayLength() > 0);
        Assert.Equal(200, validated.Status);
        Assert.Equal(user.Id, validated["token"].GetProperty("user").GetProperty("id").GetString());
    }

    // The example of "Signature Version 4 signing process": GET iam ListUsers.
    [Fact]
    public async Task Amazons_example_of_version_4_in_the_header_is_accepted()
    {
        await api.DepositAsync("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        var headers = new Dictionary<string, string>
        {
            ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8",
            ["Host"] = "iam.amazonaws.com",
            ["X-Amz-Date"] = "20150830T123600Z",
            ["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
                + "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        };

        var answer = await api.SignedAsync(new
        {
            access = "AKIDEXAMPLE",
            signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            host = "iam.amazonaws.com",
            verb = "GET",
            path = "/",
            @params = new Dictionary<string, string> { ["Version"] = "2010-05-08", ["Action"] = "ListUsers" },
            headers,
            body_hash = AwsSigner.EmptyHash,
        });

        Assert.Equal(200, answer.Status);
    }

    // The example of "Authenticating requests: using query parameters"; what it presigns is one URL.
    [Theory]
    [InlineData(200, "/test.txt", "GET")]
    [InlineData(401, "/other.txt", "GET")]
    [InlineData(401, "/test.txt", "PUT")]
    public async Task Amazons_example_of_a_presigned_URL_is_accepted_for_what_it_signs(int status, string path, string verb)
    {
        var access = await DepositExampleAsync();
        var parameters = new Dictionary<string, string>
        {
            ["X-Amz-Algorithm"] = "AWS4-HMAC-SHA256",
            ["X-Amz-Credential"] = access + "/20130524/us-east-1/s3/aws4_request",
            ["X-Amz-Date"] = "20130524T000000Z",
            ["X-Amz-Expires"] = "86400",
            ["X-Amz-SignedHeaders"] = "host",
        };

        var answer = await api.SignedAsync(new
        {
            access,
            signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
            host = "examplebucket.s3.amazonaws.com",
            verb,
            path,
            @params = parameters,
            headers = new { Host = "examplebucket.s3.amazonaws.com" },
            body_hash = "UNSIGNED-PAYLOAD",
        });

        Assert.Equal(status, answer.Status);
    }

    // The example of "Signature Version 2 signing process".
    [Theory]
    [InlineData(200, "elasticmapreduce.amazonaws.com")]
    [InlineData(200, "ElasticMapReduce.amazonaws.com:443")]
    [InlineData(401, "evil.amazonaws.com")]
    public async Task Amazons_example_of_version_2_is_accepted_with_and_without_the_port(int status, string host)
    {
        var access = await DepositExampleAsync();
        var parameters = new Dictionary<string, string>
        {
            ["AWSAccessKeyId"] = access,
            ["Action"] = "DescribeJobFlows",
            ["SignatureMethod"] = "HmacSHA256",
            ["SignatureVersion"] = "2",
            ["Timestamp"] = "2011-10-03T15:19:30",
            ["Version"] = "2009-03-31",
        };

        var answer = await api.SignedAsync(new
        {
            access,
            signature = "i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=",
            host,
            verb = "GET",
            path = "/",
            @params = parameters,
        });

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Version_2_signs_any_text_in_the_parameters()
    {
        var access = IdentityApi.Unique("ak");
        await api.DepositAsync(access, Secret);
        var parameters = new Dictionary<string, string> { ["SignatureVersion"] = "2", ["SignatureMethod"] = "HmacSHA256", ["Ü b"] = "a/~é *+&=", ["B"] = "", ["a"] = "x" };
        var signature = AwsSigner.Version2(Secret, "POST", "h", "/services/Cloud", parameters);

        Assert.Equal(200, (await SendAsync("a/~é *+&=")).Status);
        Assert.Equal(401, (await SendAsync("a/~é *+&")).Status);

        Task<ApiAnswer> SendAsync(string value) => api.SignedAsync(
            new { access, signature, host = "h", verb = "POST", path = "/services/Cloud", @params = new Dictionary<string, string>(parameters) { ["Ü b"] = value } });
    }

    // Made with keystoneclient's Ec2Signer.
    [Theory]
    [InlineData("CM7tKPkcBkwa8NtjuXsIV+j2NiQ=", """{"SignatureVersion": "1", "b": "2", "A": "é 1", "Timestamp": "2011-10-03T15:19:30"}""")]
    [InlineData("N5S71j4skpPfHcdEt08ZRaL3Ytc=", """{"SignatureVersion": "0", "Action": "List", "Timestamp": "2011-10-03T15:19:30"}""")]
    public async Task Versions_1_and_0_are_accepted_as_Keystone_does(string signature, string parameters)
    {
        await api.DepositAsync("old-client", "sec");

        Assert.Equal(200, (await SendAsync(signature)).Status);
        Assert.Equal(401, (await SendAsync("A" + signature[1..])).Status);

        Task<ApiAnswer> SendAsync(string given) => api.PostAsync("/v3/ec2tokens", $$"""{"ec2Credentials": {"access": "old-client", "signature": "{{given}}", "params": {{parameters}} } }""");
    }

    [Fact]
    public async Task A_signature_of_another_secret_host_time_or_body_is_401()
    {
        var access = IdentityApi.Unique("ak");
        await api.DepositAsync(access, Secret);

        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, "another", Time))).Status);
        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time, AwsSigner.Version4(Secret, "POST", "other", Time)))).Status);
        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time, AwsSigner.Version4(Secret, "POST", "ec2.example.org", Time.AddSeconds(1))))).Status);
        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time, bodyHash: new string('0', 64)))).Status);
        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time, signature: ""))).Status);
    }

    [Fact]
    public async Task An_unknown_access_key_is_404_and_so_is_a_credential_of_another_type()
    {
        var answer = await api.SignedAsync(Ec2Calls.Version4("nosuch", Secret, Time));

        Assert.Equal(404, answer.Status);
        Assert.Equal("EC2 access key not found.", answer.Message);
    }

    [Theory]
    [InlineData(400, "{}")]
    [InlineData(400, "[]")]
    [InlineData(400, """{"credentials": "x"}""")]
    [InlineData(401, """{"credentials": {}}""")]
    [InlineData(401, """{"auth": {}}""")]
    [InlineData(400, """{"credentials": {"access": 5}}""")]
    [InlineData(400, """{"credentials": {"access": "bad-body", "signature": 5}}""")]
    [InlineData(400, """{"credentials": {"access": "bad-body", "signature": "x", "params": "x"}}""")]
    [InlineData(400, """{"credentials": {"access": "bad-body", "signature": "x", "params": {"a": [1]}}}""")]
    [InlineData(400, """{"credentials": {"access": "bad-body", "signature": "x", "params": {"SignatureVersion": "2"}}}""")]
    [InlineData(400, """{"credentials": {"access": "bad-body", "signature": "x", "params": {"SignatureVersion": "0"}}}""")]
    [InlineData(401, """{"credentials": {"access": "bad-body", "signature": "x"}}""")]
    [InlineData(401, """{"credentials": {"access": "bad-body", "signature": "x", "params": {"SignatureVersion": "3"}}}""")]
    [InlineData(401, """{"credentials": {"access": "bad-body", "signature": "x", "headers": {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b"}}}""")]
    public async Task A_bad_body_is_refused(int status, string body)
    {
        await api.DepositAsync("bad-body", Secret);

        Assert.Equal(status, (await api.PostAsync("/v3/ec2tokens", body)).Status);
    }

    // OSSA-2025-002
    [Fact]
    public async Task Ossa_2025_002_a_signature_alone_buys_nothing()
    {
        var access = IdentityApi.Unique("ak");
        var user = await api.DepositAsync(access, Secret);
        var service = await TestUser.CreateAsync(api, "service");
        var signed = Ec2Calls.Version4(access, Secret, Time);

        Assert.Equal(401, (await api.SignedAsync(signed, "")).Status);
        Assert.Equal(403, (await api.SignedAsync(signed, user.Token)).Status);
        Assert.Equal(200, (await api.SignedAsync(signed, service.Token)).Status);
    }

    // OSSA-2012-018, OSSA-2013-005
    [Theory]
    [InlineData("users")]
    [InlineData("projects")]
    public async Task Ossa_2013_005_a_disabled_user_or_project_gets_no_token(string disabled)
    {
        var access = IdentityApi.Unique("ak");
        var user = await api.DepositAsync(access, Secret);
        var path = disabled == "users" ? "/v3/users/" + user.Id : "/v3/projects/" + user.ProjectId;
        await api.PatchAsync(path, new Dictionary<string, object> { [disabled[..^1]] = new { enabled = false } });

        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time))).Status);
    }

    [Fact]
    public async Task Ossa_2012_018_a_user_who_lost_his_roles_gets_no_token()
    {
        var access = IdentityApi.Unique("ak");
        var user = await api.DepositAsync(access, Secret);
        await api.DeleteAsync($"/v3/projects/{user.ProjectId}/users/{user.Id}/roles/{await api.Keystone.FindIdAsync("roles", "member")}");

        Assert.Equal(401, (await api.SignedAsync(Ec2Calls.Version4(access, Secret, Time))).Status);
    }

    [Fact]
    public async Task Ossa_2013_005_users_and_projects_of_a_disabled_domain_get_no_token()
    {
        var access = IdentityApi.Unique("ak");
        var member = await api.Keystone.FindIdAsync("roles", "member");
        var domain = await api.Keystone.CreateAsync("domain", new { name = IdentityApi.Unique("dom") });
        var user = await api.Keystone.CreateAsync("user", new { name = "u", domain_id = domain });
        var project = await api.Keystone.CreateAsync("project", new { name = IdentityApi.Unique("p") });
        await api.PutAsync($"/v3/projects/{project}/users/{user}/roles/{member}");
        await api.Keystone.CreateAsync("credential", new { type = "ec2", blob = $$"""{"access": "{{access}}", "secret": "{{Secret}}"}""", user_id = user, project_id = project });
        var signed = Ec2Calls.Version4(access, Secret, Time);
        Assert.Equal(200, (await api.SignedAsync(signed)).Status);

        await api.PatchAsync("/v3/domains/" + domain, new { domain = new { enabled = false } });

        Assert.Equal(401, (await api.SignedAsync(signed)).Status);
    }

    private async Task<string> DepositExampleAsync()
    {
        const string Access = "AKIAIOSFODNN7EXAMPLE";
        await api.DepositAsync(Access, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        return Access;
    }
}
