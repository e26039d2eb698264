// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Manage;

/// <summary>The command line of keystone-manage: options before the command are oslo.config's, those after it the command's own.</summary>
internal sealed class ManageArguments
{
    private static readonly string[] Common = ["--config-file", "--config-dir", "--log-file", "--log-dir"];
    private static readonly string[] CommonFlags = ["--debug", "-d", "--nodebug", "--use-syslog", "--use-stderr"];
    private static readonly string[] Ownership = ["--keystone-user", "--keystone-group"];

    private static readonly Dictionary<string, (string[] Options, string[] Flags, int Positional)> Known = new(StringComparer.Ordinal)
    {
        ["bootstrap"] = (
            [
                "--bootstrap-username", "--bootstrap-password", "--bootstrap-project-name", "--bootstrap-role-name", "--bootstrap-service-name",
                "--bootstrap-admin-url", "--bootstrap-public-url", "--bootstrap-internal-url", "--bootstrap-region-id",
            ],
            ["--immutable-roles", "--no-immutable-roles"], 0),
        ["fernet_setup"] = (Ownership, [], 0),
        ["fernet_rotate"] = (Ownership, [], 0),
        ["credential_setup"] = (Ownership, [], 0),
        ["db_sync"] = (["--extension"], ["--expand", "--migrate", "--contract", "--check"], 1),
        ["db_version"] = (["--extension"], [], 0),
        ["doctor"] = ([], [], 0),
    };

    private readonly List<(string Name, string Value)> values = [];

    private ManageArguments(string command) => Command = command;

    public static IEnumerable<string> Commands => Known.Keys;

    public string Command { get; private set; }

    public IReadOnlyList<string> All(string name) => [.. values.Where(v => v.Name == name).Select(v => v.Value)];

    public string? Find(string name) => values.LastOrDefault(v => v.Name == name).Value;

    public bool Has(string flag) => values.Any(v => v.Name == flag);

    /// <exception cref="FormatException">As argparse would put it.</exception>
    public static ManageArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new ManageArguments("");
        for (var i = 0; i < arguments.Count; i++)
        {
            var (options, flags, positional) = Known.GetValueOrDefault(parsed.Command, ([], [], 0));
            var equals = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i].IndexOf('=', StringComparison.Ordinal) : -1;
            var name = equals < 0 ? arguments[i] : arguments[i][..equals];
            if (Common.Contains(name) || options.Contains(name))
            {
                var value = equals >= 0 ? arguments[i][(equals + 1)..] : ++i < arguments.Count ? arguments[i] : throw new FormatException($"argument {name}: expected one argument");
                parsed.values.Add((name, value));
            }
            else if (CommonFlags.Contains(name) || flags.Contains(name))
            {
                parsed.values.Add((name, ""));
            }
            else if (name.StartsWith('-'))
            {
                throw new FormatException($"unrecognized arguments: {name}");
            }
            else if (parsed.Command.Length == 0)
            {
                parsed.Command = Known.ContainsKey(name) ? name : throw new FormatException($"argument command: invalid choice: '{name}' (choose from {string.Join(", ", Known.Keys.Select(k => $"'{k}'"))})");
            }
            else if (positional > parsed.All("").Count)
            {
                parsed.values.Add(("", name));
            }
            else
            {
                throw new FormatException($"unrecognized arguments: {name}");
            }
        }

        return parsed.Command.Length > 0 ? parsed : throw new FormatException("the following arguments are required: command");
    }
}
