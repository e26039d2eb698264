// SPDX-License-Identifier: Apache-2.0
using Meridian.Testing;

namespace Meridian.System.Tests.Up;

/// <summary><c>meridian policy</c>, run as an operator runs it.</summary>
public sealed class PolicyVerbTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Explain_tells_each_check_and_ends_with_0_where_the_rule_allows()
    {
        var (rc, output) = await ExplainAsync("identity:list_users", "--as", "reader@domain=d1", "--target", "target.domain_id=d1");

        Assert.Equal(0, rc);
        Assert.Contains("identity:list_users of keystone: List users.", output, StringComparison.Ordinal);
        Assert.Contains("scope   domain; the rule takes system, domain, project", output, StringComparison.Ordinal);
        Assert.Matches(@"no\s+role:admin\s+roles: reader", output);
        Assert.Matches(@"yes\s+domain_id:%\(target\.domain_id\)s\s+domain_id is d1; the target's target\.domain_id is d1", output);
        Assert.EndsWith("allowed\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the check does not hold", "identity:list_users", "--as", "member")]
    [InlineData("it does not take tokens of scope domain", "identity:create_domain", "--as", "admin@domain")]
    [InlineData("it does not take tokens of scope system", "os_compute_api:servers:create", "--as", "admin@system")]
    [InlineData("the check does not hold", "os_compute_api:servers:delete", "--as", "member@project=mine", "--target", "project_id=theirs")]
    [InlineData("the check does not hold", "delete_image", "--as", """{"user_id": "u", "project_id": "mine", "roles": ["member"]}""", "--target", "project_id=theirs")]
    [InlineData("the check does not hold", "placement:resource_providers:create", "--as", "member")]
    [InlineData("the check does not hold", "create_network:shared", "--as", "member")]
    public async Task Explain_ends_with_1_where_the_rule_refuses_and_says_why(string why, string rule, params string[] arguments)
    {
        var (rc, output) = await ExplainAsync(rule, arguments);

        Assert.Equal((1, true), (rc, output.Contains("refused: " + why, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_token_as_keystone_answers_it_can_ask()
    {
        var file = folder.File("token.json");
        await File.WriteAllTextAsync(
            file,
            """{"token": {"user": {"id": "u1", "name": "u", "domain": {"id": "d1", "name": "d"}}, "roles": [{"id": "r", "name": "plain"}], "project": {"id": "p1", "name": "p", "domain": {"id": "d1", "name": "d"}}, "expires_at": "2030-01-01T00:00:00.000000Z"}}""",
            TestContext.Current.CancellationToken);

        var (rc, output) = await ExplainAsync("identity:get_domain", "--as", file, "--target", "target.domain.id=d1");

        Assert.Equal(0, rc);
        Assert.Contains("token.project.domain.id is d1", output, StringComparison.Ordinal);
        Assert.Contains("the token has no token.domain.id", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overrides_are_told_with_file_and_line_and_http_checks_are_refused_with_theirs()
    {
        var (config, policy) = (folder.File("keystone.conf"), folder.File("policy.yaml"));
        await File.WriteAllTextAsync(config, "[oslo_policy]\npolicy_file = policy.yaml\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(policy, "# Ours.\nidentity:list_users: \"role:auditor\"\n", TestContext.Current.CancellationToken);

        var (rc, output) = await ExplainAsync("identity:list_users", "--config-file", config, "--as", "auditor");
        var (_, list) = await CommandLine.RunAsync("meridian", "policy", "list", "--config-file", config);
        await File.WriteAllTextAsync(policy, "# Ours.\nidentity:list_users: \"http://decide.example/\"\n", TestContext.Current.CancellationToken);
        var (wrong, refused) = await ExplainAsync("identity:list_users", "--config-file", config, "--as", "auditor");

        Assert.Equal((0, 2), (rc, wrong));
        Assert.Contains($"source  {policy}:2; {config}", output, StringComparison.Ordinal);
        Assert.Contains($"identity:list_users  [system, domain, project]  {policy}:2\n    role:auditor\n", list, StringComparison.Ordinal);
        Assert.Contains($"{policy}:2: rule 'identity:list_users'", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("identity:list_userz", "--as", "admin")]
    [InlineData("admin_required", "--service", "compute", "--as", "admin")]
    [InlineData("context_is_admin", "--as", "admin")]
    [InlineData("identity:list_users", "--as", "@project")]
    [InlineData("identity:list_users", "--as", "admin@region")]
    [InlineData("identity:list_users", "--as", "{}}")]
    [InlineData("identity:list_users", "--as", "admin", "--target", "nothing")]
    [InlineData("identity:list_users", "--as", "admin", "--service", "volume")]
    [InlineData("identity:list_users", "--as", "admin", "--region", "RegionNine")]
    [InlineData("identity:list_users")]
    public async Task A_wrong_question_ends_with_2(string rule, params string[] arguments)
    {
        var (rc, output) = await ExplainAsync(rule, arguments);

        Assert.Equal(2, rc);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private Task<(int Rc, string Out)> ExplainAsync(string rule, params string[] arguments) =>
        CommandLine.RunAsync("meridian", ["policy", "explain", rule, "--state-dir", folder.File("none"), .. arguments]);
}
