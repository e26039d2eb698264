// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Platform.Policy;

namespace Meridian.Platform.Tests.Policy;

public sealed class PolicyParserTests
{
    [Theory]
    [InlineData("", "@")]
    [InlineData("@", "@")]
    [InlineData("!", "!")]
    [InlineData("role:admin", "role:admin")]
    [InlineData("(role:admin)", "role:admin")]
    [InlineData("role:a or role:b and not role:c", "(role:a or (role:b and not role:c))")]
    [InlineData("(role:a or role:b) and role:c", "((role:a or role:b) and role:c)")]
    [InlineData("role:a OR role:b", "(role:a or role:b)")]
    [InlineData("not not role:a", "not not role:a")]
    [InlineData("(role:admin and (user_id:%(user_id)s))", "(role:admin and user_id:%(user_id)s)")]
    [InlineData("rule:admin_or_owner and tenant_id:%(network:tenant_id)s", "(rule:admin_or_owner and tenant_id:%(network:tenant_id)s)")]
    [InlineData("field:networks:router:external=True", "field:networks:router:external=True")]
    public void Reads_the_rule_language(string text, string meaning) => Assert.Equal(meaning, PolicyParser.Parse(text).ToString());

    [Theory]
    [InlineData("role:a or")]
    [InlineData("and role:a")]
    [InlineData("(role:a")]
    [InlineData("role:a)")]
    [InlineData("role:a role:b")]
    [InlineData("admin")]
    [InlineData("'quoted'")]
    [InlineData("not")]
    [InlineData("()")]
    [InlineData(" ")]
    [InlineData("'a':'b'")]
    [InlineData("007:%(level)s")]
    [InlineData("a$b:%(level)s")]
    [InlineData("'open:%(level)s")]
    [InlineData("user_id:%(user_id)")]
    [InlineData("user_id:%d")]
    [InlineData("user_id:%")]
    [InlineData("field:networks")]
    [InlineData("http://policy.example/%(name)s")]
    [InlineData("role:a or https://policy.example/")]
    public void Refuses_what_is_not_a_rule(string text) => Assert.Throws<PolicyException>(() => PolicyParser.Parse(text));

    [Fact]
    public void Refuses_rules_nested_without_bound() =>
        Assert.Throws<PolicyException>(() => PolicyParser.Parse(string.Concat(Enumerable.Repeat("not ", 100_000)) + "role:a"));

    [Fact]
    public void Lists_are_alternatives_of_conjunctions()
    {
        Assert.Equal("((role:a and role:b) or role:c)", PolicyParser.ParseLists([["role:a", "role:b"], ["role:c"]]).ToString());
        Assert.Equal("@", PolicyParser.ParseLists([]).ToString());
        Assert.Equal("!", PolicyParser.ParseLists([[]]).ToString());
        Assert.Equal("role:a", PolicyParser.ParseLists([[""], ["role:a"]]).ToString());
    }

    [Fact]
    public void What_is_written_reads_back_the_same() => Checks.Sample(check => Assert.Equal(check, PolicyParser.Parse(check.ToString()!)));

    [Fact]
    public void Decisions_agree_with_a_plain_evaluation() => Gen.Select(Checks, Gen.Bool.Array[4]).Sample((check, held) =>
    {
        string[] names = ["a", "b", "c", "d"];
        var credentials = new PolicyCredentials { Roles = [.. names.Where((_, i) => held[i])] };
        var predicate = PolicyParser.Parse(check.ToString()!).Compile(_ => throw new InvalidOperationException());

        Assert.Equal(Evaluate(check), predicate(credentials, PolicyTarget.None));

        bool Evaluate(PolicyCheck node) => node switch
        {
            ConstantCheck constant => constant.Value,
            NotCheck not => !Evaluate(not.Inner),
            ListCheck { All: true } list => list.Checks.All(Evaluate),
            ListCheck list => list.Checks.Any(Evaluate),
            RoleCheck role => held[Array.IndexOf(names, role.Role)],
            _ => throw new InvalidOperationException(),
        };
    });

    [Fact]
    public void Any_text_is_read_or_refused_and_nothing_else() => Gen.String[Gen.Char["()%s:'\"@! andortrueNone\t"], 0, 60].Sample(text =>
    {
        try
        {
            PolicyParser.Parse(text).Compile(_ => (_, _) => false)(new(), PolicyTarget.None);
        }
        catch (PolicyException)
        {
            // Refused in words is one of the two allowed ends.
        }
    });

    private static Gen<PolicyCheck> Checks { get; } = Gen.Recursive<PolicyCheck>((depth, inner) =>
    {
        var leaf = Gen.OneOf(
            Gen.Int[0, 3].Select(i => "abcd"[i].ToString()).Select(PolicyCheck (name) => new RoleCheck(name)),
            Gen.Bool.Select(PolicyCheck (value) => new ConstantCheck(value)));
        return depth > 4 ? leaf : Gen.OneOf(
            leaf,
            inner.Select(PolicyCheck (check) => new NotCheck(check)),
            Gen.Select(Gen.Bool, inner.Array[2, 3]).Select(PolicyCheck (all, checks) => new ListCheck(all, checks)));
    });
}
