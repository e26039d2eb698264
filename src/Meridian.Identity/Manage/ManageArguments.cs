// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Identity.Manage;

/// <summary>
/// The command line of keystone-manage as argparse reads it: options before the command are oslo.config's, those after it the command's own; an option's name
/// may be cut as long as it stays unambiguous.
/// </summary>
internal sealed class ManageArguments
{
    /// <summary>What every program of OpenStack takes. Logging is not set up here: keystone-manage logs to the error stream.</summary>
    public static IReadOnlyList<ManageOption> Common { get; } =
    [
        new("--config-dir", "DIR", "Read the *.conf files of this folder too."),
        new("--config-file", "PATH", "Read this file; may be given several times, the last one wins."),
        new("--debug", null, "Accepted: what was done is always told."),
        new("-d", null, "The same."),
        new("--nodebug", null, "Accepted."),
        new("--log-config-append", "PATH", "Accepted: the log goes to the error stream."),
        new("--log-date-format", "DATE_FORMAT", "Accepted."),
        new("--log-dir", "LOG_DIR", "Accepted: the log goes to the error stream."),
        new("--log-file", "PATH", "Accepted: the log goes to the error stream."),
        new("--use-syslog", null, "Accepted."),
        new("--nouse-syslog", null, "Accepted."),
        new("--use-journal", null, "Accepted."),
        new("--use-json", null, "Accepted."),
        new("--use-stderr", null, "Accepted."),
        new("--version", null, "Print the version and end."),
    ];

    private static readonly ManageOption[] Help = [new("--help", null, "Show this and end."), new("-h", null, "The same.")];

    private readonly List<(string Name, string Value)> values = [];

    private ManageArguments()
    {
    }

    /// <summary>Null where only help or the version was asked for.</summary>
    public ManageCommand? Command { get; private set; }

    public bool WantsHelp { get; private set; }

    /// <summary>The argument without dashes, or null.</summary>
    public string? Positional => Find("");

    public IReadOnlyList<string> All(string name) => [.. values.Where(v => v.Name == name).Select(v => v.Value)];

    public string? Find(string name) => values.LastOrDefault(v => v.Name == name).Value;

    public bool Has(string flag) => values.Any(v => v.Name == flag);

    /// <exception cref="ManageUsageException">As argparse would put it.</exception>
    public static ManageArguments Parse(IReadOnlyList<string> arguments, IReadOnlyList<ManageCommand> commands)
    {
        var parsed = new ManageArguments();
        for (var i = 0; i < arguments.Count && !parsed.WantsHelp; i++)
        {
            i = parsed.Take(arguments, i, commands);
        }

        if (!parsed.WantsHelp && !parsed.Has("--version"))
        {
            parsed.CheckComplete();
        }

        return parsed;
    }

    private int Take(IReadOnlyList<string> arguments, int at, IReadOnlyList<ManageCommand> commands)
    {
        var argument = arguments[at];
        if (argument.StartsWith('-') && argument.Length > 1)
        {
            return TakeOption(arguments, at);
        }

        if (Command is null)
        {
            Command = commands.FirstOrDefault(c => c.Name == argument) ?? throw Wrong(
                $"argument command: invalid choice: '{argument}' (choose from {string.Join(", ", commands.Select(c => $"'{c.Name}'"))})");
        }
        else
        {
            values.Add(Command.Positional is not null && Positional is null ? ("", argument) : throw Wrong($"unrecognized arguments: {argument}"));
        }

        return at;
    }

    private int TakeOption(IReadOnlyList<string> arguments, int at)
    {
        var text = arguments[at];
        var equals = text.StartsWith("--", StringComparison.Ordinal) ? text.IndexOf('=', StringComparison.Ordinal) : -1;
        var option = FindOption(equals < 0 ? text : text[..equals]);
        if (Help.Contains(option))
        {
            WantsHelp = true;
            return at;
        }

        if (option.IsFlag)
        {
            CheckExclusive(option);
            values.Add((option.Name, equals < 0 ? "" : throw Wrong($"argument {option.Name}: ignored explicit argument '{text[(equals + 1)..]}'")));
            return at;
        }

        var value = equals >= 0 ? text[(equals + 1)..]
            : at + 1 < arguments.Count && !arguments[at + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++at]
            : throw Wrong($"argument {option.Name}: expected one argument");
        if (option.Choices is { } choices && !choices.Contains(value))
        {
            throw Wrong($"argument {option.Name}: invalid choice: '{value}' (choose from {string.Join(", ", choices.Select(c => $"'{c}'"))})");
        }

        values.Add((option.Name, value));
        return at;
    }

    private ManageOption FindOption(string name)
    {
        IEnumerable<ManageOption> known = [.. Command?.Options ?? [], .. Common, .. Help];
        if (known.FirstOrDefault(o => o.Name == name) is { } exact)
        {
            return exact;
        }

        var found = name.StartsWith("--", StringComparison.Ordinal) ? [.. known.Where(o => o.Name.StartsWith(name, StringComparison.Ordinal))] : new List<ManageOption>();
        return found switch
        {
            [{ } only] => only,
            [] => throw Wrong($"unrecognized arguments: {name}"),
            _ => throw Wrong($"ambiguous option: {name} could match {string.Join(", ", found.Select(o => o.Name))}"),
        };
    }

    private void CheckExclusive(ManageOption option)
    {
        if (option.Exclusive && Command!.Options.FirstOrDefault(o => o.Exclusive && o != option && Has(o.Name)) is { } other)
        {
            throw Wrong($"argument {option.Name}: not allowed with argument {other.Name}");
        }
    }

    private void CheckComplete()
    {
        var missing = Command is null ? ["command"] : Command.Options.Where(o => o.Required && !Has(o.Name)).Select(o => o.Name).ToList();
        if (missing.Count > 0)
        {
            throw Wrong($"the following arguments are required: {string.Join(", ", missing)}");
        }
    }

    private ManageUsageException Wrong(string message) => new(Command, message);
}

/// <summary>The command line is wrong: exit code 2, as argparse has it.</summary>
internal sealed class ManageUsageException(ManageCommand? command, string message) : Exception(message)
{
    /// <summary>The command whose arguments are wrong; null for the program's own.</summary>
    public ManageCommand? Command { get; } = command;
}
