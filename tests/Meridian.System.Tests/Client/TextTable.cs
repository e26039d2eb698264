// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.System.Tests.Client;

/// <summary>The tables that the client prints for people, read back as data: Field/Value tables as an object, others as a list.</summary>
public static class TextTable
{
    /// <returns>JSON with each cell as text; the text itself when it is no table.</returns>
    public static string ToJson(string text)
    {
        var rows = text.Split('\n').Where(line => line.StartsWith('|')).Select(Cells).ToList();
        if (rows.Count == 0)
        {
            return text.Length > 0 && text.Trim().Length == 0 ? "[]" : text;
        }

        var (header, body) = (rows[0], rows.Skip(1).ToList());
        if (header is ["Field", "Value"])
        {
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            var last = "";
            foreach (var row in body)
            {
                if (row[0].Length > 0)
                {
                    fields[last = row[0]] = row[1];
                }
                else
                {
                    fields[last] += "\n" + row[1];
                }
            }

            return JsonSerializer.Serialize(fields);
        }

        return JsonSerializer.Serialize(body.Select(row => header.Zip(row).ToDictionary(pair => pair.First, pair => pair.Second)));
    }

    private static List<string> Cells(string line) => [.. line.TrimEnd().Trim('|').Split('|').Select(cell => cell.Trim())];
}
