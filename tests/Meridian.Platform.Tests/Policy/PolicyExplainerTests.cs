// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Policy;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Policy;

public sealed class PolicyExplainerTests : IDisposable
{
    private static readonly PolicyRule Admin = new("admin_required", "role:admin", "");
    private static readonly PolicyRule Show = new("identity:get_user", "rule:admin_required or (role:reader and 'here':%(target.place)s) or not user_id:%(target.user.id)s", "Show a user.", ["project"]);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Each_check_is_told_with_its_outcome_and_the_values_that_it_compared()
    {
        var target = new PolicyTarget(attributes: new Dictionary<string, object?> { ["target.user.id"] = "u1", ["target.place"] = "there" });

        var explanation = new PolicyExplainer([Admin, Show], PolicySources.None).Explain(Show, new PolicyCredentials { UserId = "u1", Roles = ["reader", "member"] }, target);

        Assert.False(explanation.IsAllowed);
        Assert.Equal(
            """
            no one of
             no rule:admin_required (default)
              no role:admin [roles: reader, member]
             no all of
              yes role:reader [roles: reader, member]
              no 'here':%(target.place)s [here; the target's target.place is there]
             no not
              yes user_id:%(target.user.id)s [user_id is u1; the target's target.user.id is u1]

            """,
            Write(explanation.Step, ""));
    }

    [Fact]
    public void What_a_token_or_a_target_lacks_is_said()
    {
        var rule = new PolicyRule("r", "token.project.id:%(target.id)s or role:admin or @", "");

        var step = new PolicyExplainer([rule], PolicySources.None).Explain(rule, new PolicyCredentials(), PolicyTarget.None).Step;

        Assert.Equal(["the token has no token.project.id; the target has no target.id", "roles: none", "anybody"], step.Parts.Select(part => part.Because));
    }

    [Fact]
    public void A_token_of_another_scope_is_refused_though_the_check_holds()
    {
        var explanation = new PolicyExplainer([Admin, Show], PolicySources.None).Explain(Show, new PolicyCredentials { Roles = ["admin"], SystemScope = "all" }, PolicyTarget.None);

        Assert.True(explanation.Step.Holds);
        Assert.Equal(("system", false, false), (explanation.Scope, explanation.TakesScope, explanation.IsAllowed));
    }

    [Fact]
    public void An_override_is_told_with_its_file_and_line()
    {
        var file = folder.File("policy.yaml");
        File.WriteAllText(file, "# Auditors may look.\nidentity:get_user: \"role:auditor or rule:else\"\nelse: \"role:else\"\n");
        var explainer = new PolicyExplainer([Admin, Show], new PolicySources(file));

        var explanation = explainer.Explain(Show, new PolicyCredentials { Roles = ["auditor"] }, PolicyTarget.None);

        Assert.True(explanation.IsAllowed);
        Assert.Equal((file + ":2", "(role:auditor or rule:else)"), (explanation.Source, explanation.Text));
        Assert.Equal($"rule:else ({file}:3)", explanation.Step.Parts[1].Check);
        Assert.Equal(("default", "role:admin"), (explainer.SourceOf(Admin), explainer.TextOf(Admin)));
    }

    public void Dispose() => folder.Dispose();

    private static string Write(PolicyStep step, string indent) =>
        $"{indent}{(step.Holds ? "yes" : "no")} {step.Check}{(step.Because is null ? "" : $" [{step.Because}]")}\n{string.Concat(step.Parts.Select(part => Write(part, indent + " ")))}";
}
