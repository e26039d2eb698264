// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.RegularExpressions;

namespace Meridian.Identity.Tests.Policies;

/// <summary>A line of policies.txt.</summary>
/// <param name="Path">With <c>&lt;x&gt;</c> for what is filled in for each request.</param>
/// <param name="Outcomes">A letter a persona.</param>
/// <param name="Subject">What goes into X-Subject-Token; null for no such header.</param>
internal sealed partial record PolicyLine(string Method, string Path, int Code, string Outcomes, string? Subject, string? Body)
{
    public static IReadOnlyList<PolicyLine> All { get; } =
    [
        .. File.ReadLines(System.IO.Path.Combine(AppContext.BaseDirectory, "Policies", "policies.txt"))
            .Where(line => line.Length > 0 && line[0] != '#').SelectMany(Parse),
    ];

    /// <returns>The code that a persona gets.</returns>
    public int Expected(int persona) => Outcomes[persona] switch { '+' => Code, '-' => 403, '0' => 404, '.' => 401, var other => throw new FormatException($"{this}: '{other}'") };

    /// <summary>True when this line is about a mapped route, such as <c>/v3/users/{id}</c>.</summary>
    public bool IsOf(string method, string path)
    {
        var (ours, theirs) = (Path.Split('?')[0].Trim('/').Split('/'), path.Trim('/').Split('/'));
        return (Method == method || (method == "HEAD" && Method == "GET")) && ours.Length == theirs.Length
            && ours.Zip(theirs).All(pair => pair.Second.StartsWith('{') ? pair.First.StartsWith('<') : pair.First == pair.Second);
    }

    public override string ToString() => $"{Method} {Path} {Body}".TrimEnd();

    private static IEnumerable<PolicyLine> Parse(string line)
    {
        var match = Form().Match(line);
        if (!match.Success)
        {
            throw new FormatException("policies.txt: " + line);
        }

        string? Text(string name) => match.Groups[name].Success ? match.Groups[name].Value : null;
        return Expand(Text("path")!).Select(path => new PolicyLine(
            Text("method")!, path, int.Parse(Text("code")!, CultureInfo.InvariantCulture), Text("outcomes")!.Replace(" ", "", StringComparison.Ordinal), Text("subject"), Text("body")));
    }

    /// <summary>[a|b] is a path each.</summary>
    private static IEnumerable<string> Expand(string path) => Alternatives().Match(path) is { Success: true } found
        ? found.Groups[1].Value.Split('|').SelectMany(one => Expand(path[..found.Index] + one + path[(found.Index + found.Length)..]))
        : [path];

    [GeneratedRegex(@"^(?<method>[A-Z]+)\s+(?<path>/\S*)\s+(?<code>\d{3}) (?<outcomes>[-+0.]{2} [-+0.]{3} [-+0.]{4} [-+0.]{3} [-+0.])(?: @(?<subject>\S+))?(?: (?<body>\{.*\}))?\s*$")]
    private static partial Regex Form();

    [GeneratedRegex(@"\[([^\]]*)\]")]
    private static partial Regex Alternatives();
}
