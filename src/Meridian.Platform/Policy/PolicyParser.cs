// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>
/// oslo.policy's rule language (oslo.policy documentation, "Policy rule expressions"). <c>or</c> binds weakest, then <c>and</c>, then
/// <c>not</c>. What upstream logs and turns into "never" is an error here, found at start.
/// </summary>
internal sealed class PolicyParser
{
    private const int MaxDepth = 64;
    private readonly List<string> tokens;
    private int position;
    private int depth;

    private PolicyParser(List<string> tokens) => this.tokens = tokens;

    /// <exception cref="PolicyException">The text isn't a rule.</exception>
    public static PolicyCheck Parse(string text)
    {
        if (text.Length == 0)
        {
            return new ConstantCheck(true);
        }

        var words = Tokenize(text);
        if (words.Count == 0)
        {
            throw new PolicyException("the rule is blank; a rule that lets everybody pass is \"\" or \"@\"");
        }

        var parser = new PolicyParser(words);
        var check = parser.ParseOr();
        return parser.position == words.Count
            ? check
            : throw new PolicyException($"'{text}': '{words[parser.position]}' is not expected there");
    }

    /// <summary>The old form: a list of alternatives, each one check or a list of checks that must all hold.</summary>
    public static PolicyCheck ParseLists(IReadOnlyList<IReadOnlyList<string>> alternatives)
    {
        if (alternatives.Count == 0)
        {
            return new ConstantCheck(true);
        }

        var checks = alternatives.Where(all => all is not ([] or [""])).Select(all => Join(true, [.. all.Select(ParseCheck)])).ToList();
        return checks.Count == 0 ? new ConstantCheck(false) : Join(false, checks);
    }

    /// <summary>Words are split at blanks; parentheses count only at a word's ends, so that <c>%(name)s</c> stays whole.</summary>
    private static List<string> Tokenize(string text)
    {
        var words = new List<string>();
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word.TrimStart('(');
            words.AddRange(Enumerable.Repeat("(", word.Length - rest.Length));
            if (rest.Length >= 2 && rest[0] is '\'' or '"' && rest[^1] == rest[0])
            {
                throw new PolicyException($"{rest}: a quoted text is no check");
            }

            var core = rest.TrimEnd(')');
            if (core.Length > 0)
            {
                words.Add(core);
            }

            words.AddRange(Enumerable.Repeat(")", rest.Length - core.Length));
        }

        return words;
    }

    private static PolicyCheck Join(bool all, IReadOnlyList<PolicyCheck> checks) => checks.Count == 1 ? checks[0] : new ListCheck(all, checks);

    private static PolicyCheck ParseCheck(string word)
    {
        if (word is "@" or "!")
        {
            return new ConstantCheck(word == "@");
        }

        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            throw new PolicyException($"'{word}' is not a check: expected kind:value, @ or !");
        }

        var (kind, match) = (word[..colon], word[(colon + 1)..]);
        if (kind is "http" or "https")
        {
            throw new PolicyException($"'{word}': checks that ask another server are not supported");
        }

        if (kind == "field")
        {
            // The name may hold colons itself (router:external): the resource ends at the first, the name at the equals sign.
            var (end, equals) = (match.IndexOf(':', StringComparison.Ordinal), match.IndexOf('=', StringComparison.Ordinal));
            return end > 0 && equals > end + 1
                ? new FieldCheck(match[..end], match[(end + 1)..equals], match[(equals + 1)..])
                : throw new PolicyException($"'{word}': expected field:resource:name=value");
        }

        if (kind == "rule")
        {
            return new RuleCheck(match);
        }

        _ = PolicyTemplate.Parse(match);
        return kind == "role" ? new RoleCheck(match) : new GenericCheck(kind, match);
    }

    private PolicyCheck ParseOr() => ParseSequence("or", all: false, ParseAnd);

    private PolicyCheck ParseAnd() => ParseSequence("and", all: true, ParseNot);

    private PolicyCheck ParseSequence(string word, bool all, Func<PolicyCheck> parsePart)
    {
        var parts = new List<PolicyCheck> { parsePart() };
        while (IsNext(word))
        {
            position++;
            parts.Add(parsePart());
        }

        return Join(all, parts);
    }

    private PolicyCheck ParseNot()
    {
        if (++depth > MaxDepth)
        {
            throw new PolicyException("the rule is nested too deeply");
        }

        try
        {
            if (IsNext("not"))
            {
                position++;
                return new NotCheck(ParseNot());
            }

            if (position >= tokens.Count)
            {
                throw new PolicyException("the rule ends where a check is expected");
            }

            var token = tokens[position++];
            if (token == "(")
            {
                var inner = ParseOr();
                return position < tokens.Count && tokens[position++] == ")" ? inner : throw new PolicyException("a parenthesis is not closed");
            }

            return token == ")" || IsWord(token, "and") || IsWord(token, "or")
                ? throw new PolicyException($"'{token}' stands where a check is expected")
                : ParseCheck(token);
        }
        finally
        {
            depth--;
        }
    }

    private bool IsNext(string word) => position < tokens.Count && IsWord(tokens[position], word);

    private static bool IsWord(string token, string word) => string.Equals(token, word, StringComparison.OrdinalIgnoreCase);
}
