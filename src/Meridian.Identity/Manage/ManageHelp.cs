// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Meridian.Identity.Manage;

/// <summary>What <c>--help</c> prints, in argparse's layout.</summary>
internal static class ManageHelp
{
    private const int Width = 80;
    private const int Column = 24;

    public static string Usage(IReadOnlyList<ManageCommand> commands, ManageCommand? command) => command is null
        ? $"usage: keystone-manage [{string.Join('|', commands.Select(c => c.Name))}]\n"
        : Wrap($"usage: keystone-manage {command.Name} ", ["[-h]", .. command.Options.Select(Show), .. command.Positional is null ? [] : new[] { $"[{command.Positional}]" }]);

    public static string Of(IReadOnlyList<ManageCommand> commands, ManageCommand? command)
    {
        var text = new StringBuilder(Usage(commands, command));
        if (command is null)
        {
            Section(text, "options:", [("-h, --help", "Show this and end."), .. ManageArguments.Common.Select(Entry)]);
            Section(text, "Commands:", [.. commands.Select(c => (c.Name, c.Help))]);
            return text.ToString();
        }

        text.Append('\n').Append(Wrap("", command.Help.Split(' ')));
        if (command.Positional is { } positional)
        {
            Section(text, "positional arguments:", [(positional, "Not chosen any more: the newest version it is.")]);
        }

        Section(text, "options:", [("-h, --help", "Show this and end."), .. command.Options.Select(Entry)]);
        return text.ToString();
    }

    private static string Show(ManageOption option)
    {
        var text = option.IsFlag ? option.Name : $"{option.Name} {option.Metavar}";
        return option.Required ? text : $"[{text}]";
    }

    private static (string Name, string Help) Entry(ManageOption option) => (option.IsFlag ? option.Name : $"{option.Name} {option.Metavar}", option.Help);

    private static void Section(StringBuilder text, string title, IEnumerable<(string Name, string Help)> entries)
    {
        text.Append('\n').Append(title).Append('\n');
        foreach (var (name, help) in entries)
        {
            var head = "  " + name;
            var start = head.Length < Column - 1 ? head.PadRight(Column) : head + "\n" + new string(' ', Column);
            text.Append(Wrap(start, help.Split(' '), Column));
        }
    }

    private static string Wrap(string start, IReadOnlyList<string> words, int indent = -1)
    {
        var text = new StringBuilder(start);
        var length = start.Length - (start.LastIndexOf('\n') + 1);
        var margin = indent < 0 ? length : indent;
        var isFirst = true;
        foreach (var word in words)
        {
            if (!isFirst && length + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', margin).Append(word);
                length = margin + word.Length;
            }
            else
            {
                text.Append(isFirst ? "" : " ").Append(word);
                length += word.Length + (isFirst ? 0 : 1);
            }

            isFirst = false;
        }

        return text.Append('\n').ToString();
    }
}
