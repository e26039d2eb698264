// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Tests.Policy;

public sealed class PolicyEnforcerTests : IDisposable
{
    private static readonly PolicyRule Admin = new("context_is_admin", "role:admin", "");
    private static readonly PolicyRule Owner = new("owner", "project_id:%(project_id)s", "");
    private static readonly PolicyRule Show = new("servers:show", "rule:context_is_admin or (role:reader and rule:owner)", "", ["project"]);
    private readonly string folder = Directory.CreateTempSubdirectory("policy").FullName;

    [Fact]
    public void Default_rules_decide_by_role_and_project()
    {
        var policy = Enforcer([Admin, Owner, Show]);

        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["ADMIN"] }, Show, new("other")));
        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["reader"], ProjectId = "p" }, Show, new("p")));
        Assert.False(policy.Allows(new PolicyCredentials { Roles = ["reader"], ProjectId = "p" }, Show, new("q")));
        Assert.False(policy.Allows(new PolicyCredentials { Roles = ["member"], ProjectId = "p" }, Show, new("p")));
    }

    [Fact]
    public void A_token_of_another_scope_is_refused()
    {
        var policy = Enforcer([Admin, Owner, Show]);

        Assert.False(policy.Allows(new PolicyCredentials { Roles = ["admin"], SystemScope = "all" }, Show, PolicyTarget.None));
        Assert.False(policy.Allows(new PolicyCredentials { Roles = ["admin"], DomainId = "d" }, Show, PolicyTarget.None));
    }

    [Theory]
    [InlineData("None:%(target.user.domain_id)s", false)]
    [InlineData("None:%(target.nothing)s", true)]
    [InlineData("True:%(target.shared)s", true)]
    [InlineData("'public':%(target.visibility)s", true)]
    [InlineData("3:%(target.count)s", true)]
    [InlineData("user_id:%(target.user.id)s", true)]
    [InlineData("user_id:x%(target.user.id)s", false)]
    [InlineData("user_id:%(target.absent)s", false)]
    [InlineData("domain_id:%(target.nothing)s", false)]
    [InlineData("token.project.domain.id:d1", true)]
    [InlineData("groups:g2", true)]
    [InlineData("groups:g3", false)]
    [InlineData("is_admin:False", true)]
    [InlineData("domain_id:None", true)]
    [InlineData("user_id:None", false)]
    [InlineData("token.absent.id:None", false)]
    [InlineData("+3:%(target.count)s", true)]
    [InlineData("1.50:1.5", true)]
    [InlineData("is_admin_project:True", true)]
    [InlineData("service_roles:service", true)]
    [InlineData("role:%(target.visibility)s", false)]
    [InlineData("field:networks:target.shared=True", true)]
    [InlineData("unknown_word:anything", false)]
    public void Checks_compare_credentials_literals_and_targets(string check, bool expected)
    {
        var rule = new PolicyRule("r", check, "");
        var credentials = new PolicyCredentials
        {
            UserId = "u1",
            ServiceRoles = ["service"],
            Attributes = new Dictionary<string, object?> { ["token.project.domain.id"] = "d1", ["groups"] = new[] { "g1", "g2" } },
        };
        var target = new PolicyTarget(attributes: new Dictionary<string, object?>
        {
            ["target.user.id"] = "u1", ["target.user.domain_id"] = "d1", ["target.nothing"] = null, ["target.shared"] = true,
            ["target.visibility"] = "public", ["target.count"] = 3,
        });

        Assert.Equal(expected, Enforcer([rule]).Allows(credentials, rule, target));
    }

    [Fact]
    public void An_absent_credential_equals_no_absent_target() =>
        Assert.False(Enforcer([Owner]).Allows(new PolicyCredentials(), Owner, new PolicyTarget(attributes: new Dictionary<string, object?> { ["project_id"] = null })));

    [Fact]
    public void Enforce_scope_off_leaves_the_decision_to_the_check()
    {
        var policy = Enforcer([Admin, Owner, Show], new PolicySources(null) { EnforceScope = false });

        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["admin"], SystemScope = "all" }, Show, PolicyTarget.None));
        Assert.False(policy.Allows(new PolicyCredentials { Roles = ["member"], SystemScope = "all" }, Show, PolicyTarget.None));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_deprecated_default_holds_where_new_defaults_are_not_enforced(bool enforceNewDefaults, bool allowed)
    {
        var rule = new PolicyRule("show", "role:reader", "") { Deprecated = new("rule:owner") };

        var policy = Enforcer([Owner, rule], new PolicySources(null) { EnforceNewDefaults = enforceNewDefaults });

        Assert.Equal(allowed, policy.Allows(new PolicyCredentials { ProjectId = "p" }, rule, new("p")));
        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["reader"] }, rule, new("q")));
    }

    [Theory]
    [InlineData("old: \"role:auditor\"", "auditor", true)]
    [InlineData("old: \"role:auditor\"\nshow: \"role:reader\"", "auditor", false)]
    [InlineData("old: \"rule:show\"", "reader", true)]
    [InlineData("old: \"role:before\"", "before", false)]
    public void An_override_by_a_rules_older_name_counts_unless_the_new_name_is_there(string text, string role, bool allowed)
    {
        var rule = new PolicyRule("show", "role:reader", "") { Deprecated = new("role:before", "old") };

        var policy = Enforcer([rule], Write("policy.yaml", text));

        Assert.Equal(allowed, policy.Allows(new PolicyCredentials { Roles = [role] }, rule, PolicyTarget.None));
    }

    [Fact]
    public void The_default_rule_stands_in_for_missing_ones_under_the_name_that_the_operator_gave_it()
    {
        var sources = new PolicySources(Write("policy.yaml", "context_is_admin: \"rule:absent\"\nelse: \"role:one\""), MustExist: true) { DefaultRule = "else" };

        Assert.True(Enforcer([Admin], sources).Allows(new PolicyCredentials { Roles = ["one"] }, Admin, PolicyTarget.None));
    }

    [Fact]
    public void Require_answers_403_in_the_services_words()
    {
        var error = Assert.Throws<ApiException>(() => Enforcer([Admin]).Require(new PolicyCredentials(), Admin, PolicyTarget.None));

        Assert.Equal(403, error.Status);
        Assert.Contains("context_is_admin", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("policy.yaml", "\"servers:show\": \"role:auditor\"\n")]
    [InlineData("policy.json", "{\"servers:show\": \"role:auditor\"}")]
    [InlineData("policy.yaml", "servers:show: [[\"role:auditor\"], [\"role:none\", \"role:admin\"]]\n")]
    public void A_policy_file_overrides_defaults(string name, string text)
    {
        var policy = Enforcer([Admin, Owner, Show], Write(name, text));

        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["auditor"] }, Show, PolicyTarget.None));
        Assert.False(policy.Allows(new PolicyCredentials { Roles = ["admin"] }, Show, PolicyTarget.None));
    }

    [Fact]
    public void Files_of_policy_dirs_come_later_and_in_order()
    {
        var folders = Directory.CreateDirectory(Path.Combine(folder, "policy.d")).FullName;
        var file = Write("policy.yaml", "context_is_admin: \"role:one\"");
        Write("policy.d/20.yaml", "context_is_admin: \"role:three\"");
        Write("policy.d/10.yaml", "context_is_admin: \"role:two\"");

        var policy = new PolicyEnforcer([Admin], new(file, true, [folders]), PolicyRuleSet.Build([Admin], new(file, true, [folders])), r => new(403, r.Name), NullLogger<PolicyEnforcer>.Instance);

        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["three"] }, Admin, PolicyTarget.None));
    }

    [Fact]
    public void Reload_takes_new_rules_and_keeps_the_old_ones_when_the_file_is_wrong()
    {
        var file = Write("policy.yaml", "context_is_admin: \"role:one\"");
        var policy = Enforcer([Admin], file);

        Write("policy.yaml", "context_is_admin: \"role:two\"");
        policy.Reload();
        Write("policy.yaml", "context_is_admin: \"role:three or\"");
        Assert.Throws<PolicyException>(policy.Reload);

        Assert.True(policy.Allows(new PolicyCredentials { Roles = ["two"] }, Admin, PolicyTarget.None));
    }

    [Theory]
    [InlineData("servers:show: \"http://decide.example/%(name)s\"", "servers:show", "another server")]
    [InlineData("# Ours.\nother: \"@\"\nservers:show: \"http://decide.example/%(name)s\"", "policy.yaml:3:", "another server")]
    [InlineData("servers:show: \"rule:absent\"", "servers:show", "absent")]
    [InlineData("owner: \"rule:servers:show\"", "servers:show", "itself")]
    [InlineData("owner: !\n", "owner", "quotes")]
    [InlineData("owner:\n", "owner", "quotes")]
    [InlineData("owner: {a: b}\n", "owner", "list")]
    public void A_wrong_file_ends_the_start_and_is_named(string text, string rule, string why)
    {
        var file = Write("policy.yaml", text);

        var error = Assert.Throws<PolicyException>(() => Enforcer([Admin, Owner, Show], file));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_the_operator_named_must_exist() =>
        Assert.Throws<PolicyException>(() => PolicyRuleSet.Build([Admin], new(Path.Combine(folder, "absent.yaml"), MustExist: true)));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static PolicyEnforcer Enforcer(PolicyRule[] rules, string? file = null) => Enforcer(rules, new PolicySources(file, MustExist: file is not null));

    private static PolicyEnforcer Enforcer(PolicyRule[] rules, PolicySources sources) =>
        new(rules, sources, PolicyRuleSet.Build(rules, sources), rule => new(403, $"Policy doesn't allow {rule.Name} to be performed."), NullLogger<PolicyEnforcer>.Instance);
}
