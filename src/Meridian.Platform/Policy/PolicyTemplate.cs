// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Meridian.Platform.Policy;

/// <summary>The right side of a check: text with <c>%(name)s</c> in it, taken apart once.</summary>
internal sealed class PolicyTemplate
{
    private readonly string source;
    private readonly (string Text, bool IsName)[] parts;

    private PolicyTemplate(string source, (string Text, bool IsName)[] parts)
    {
        this.source = source;
        this.parts = parts;
    }

    /// <exception cref="PolicyException">A percent sign that is neither <c>%%</c> nor <c>%(name)s</c>.</exception>
    public static PolicyTemplate Parse(string source)
    {
        var found = new List<(string, bool)>();
        var literal = new StringBuilder();
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] != '%')
            {
                literal.Append(source[i]);
            }
            else if (i + 1 < source.Length && source[i + 1] == '%')
            {
                literal.Append('%');
                i++;
            }
            else
            {
                var close = source.IndexOf(')', i);
                if (i + 1 >= source.Length || source[i + 1] != '(' || close < 0 || close + 1 >= source.Length || source[close + 1] != 's')
                {
                    throw new PolicyException($"'{source}' has a % that is neither %% nor %(name)s");
                }

                Flush();
                found.Add((source[(i + 2)..close], true));
                i = close + 1;
            }
        }

        Flush();
        return new(source, [.. found]);

        void Flush()
        {
            if (literal.Length > 0)
            {
                found.Add((literal.ToString(), false));
                literal.Clear();
            }
        }
    }

    /// <summary>The attributes that it names.</summary>
    public IEnumerable<string> Names => parts.Where(part => part.IsName).Select(part => part.Text);

    /// <summary>True when nothing of it comes from the target.</summary>
    public bool IsLiteral => !parts.Any(part => part.IsName);

    /// <returns>False when the target lacks an attribute that the text names.</returns>
    public bool TryFormat(PolicyTarget target, [NotNullWhen(true)] out string? text)
    {
        text = "";
        foreach (var (part, isName) in parts)
        {
            if (!isName)
            {
                text += part;
            }
            else if (target.TryGet(part, out var value))
            {
                text += value;
            }
            else
            {
                text = null;
                return false;
            }
        }

        return true;
    }

    public override string ToString() => source;
}
