// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Meridian.Identity.Catalog;

/// <summary>
/// An endpoint's URL with <c>%(project_id)s</c> and its kin in it (also spelt <c>$(project_id)s</c>). Only ids of the asker may stand there:
/// anything else could leak the configuration (OSSA-2014-029).
/// </summary>
internal sealed class EndpointUrl
{
    private readonly (string Text, Field Field)[] parts;

    private EndpointUrl((string, Field)[] parts) => this.parts = parts;

    /// <summary>What a part of the URL is; a <see cref="Field.Text"/> part alone has a text.</summary>
    public enum Field
    {
        Text,
        Project,
        User,
    }

    public bool NeedsProject => parts.Any(p => p.Field == Field.Project);

    public IReadOnlyList<(string Text, Field Field)> Parts => parts;

    public static bool TryParse(string url, [NotNullWhen(true)] out EndpointUrl? parsed)
    {
        parsed = null;
        var parts = new List<(string, Field)>();
        var text = new StringBuilder();
        for (var i = 0; i < url.Length; i++)
        {
            if (url[i] == '%' && i + 1 < url.Length && url[i + 1] == '%')
            {
                text.Append('%');
                i++;
            }
            else if (url[i] is '%' or '$' && i + 1 < url.Length && url[i + 1] == '(')
            {
                var close = url.IndexOf(")s", i, StringComparison.Ordinal);
                var field = close < 0 ? Field.Text : url[(i + 2)..close] switch
                {
                    "project_id" or "tenant_id" => Field.Project,
                    "user_id" => Field.User,
                    _ => Field.Text,
                };
                if (field == Field.Text)
                {
                    return false;
                }

                parts.Add((text.ToString(), Field.Text));
                text.Clear();
                parts.Add(("", field));
                i = close + 1;
            }
            else if (url[i] is '%' or '{' or '}' || (url[i] == '$' && i + 1 < url.Length && url[i + 1] == '{'))
            {
                return false;
            }
            else
            {
                text.Append(url[i]);
            }
        }

        parts.Add((text.ToString(), Field.Text));
        parsed = new([.. parts]);
        return true;
    }

    /// <returns>Null when the template needs a project and there is none.</returns>
    public string? Format(string? projectId, string userId)
    {
        var url = new StringBuilder();
        foreach (var (text, field) in parts)
        {
            switch (field)
            {
                case Field.Text:
                    url.Append(text);
                    break;
                case Field.User:
                    url.Append(userId);
                    break;
                case Field.Project when projectId is null:
                    return null;
                case Field.Project:
                    url.Append(projectId);
                    break;
            }
        }

        return url.ToString();
    }
}
