// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Meridian.Host.Regions;

/// <summary>Builds the text of a configuration file as operators write it.</summary>
internal sealed class IniText
{
    private readonly StringBuilder text = new();

    public IniText(params string[] comments)
    {
        foreach (var line in comments)
        {
            text.Append("# ").Append(line).Append('\n');
        }
    }

    public IniText Section(string name)
    {
        text.Append('[').Append(name).Append("]\n");
        return this;
    }

    /// <summary>A dollar sign would be read as the begin of a substitution, hence doubled.</summary>
    public IniText Set(string option, string value)
    {
        text.Append(option).Append(" = ").Append(value.Replace("$", "$$", StringComparison.Ordinal)).Append('\n');
        return this;
    }

    public override string ToString() => text.ToString();
}
