// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Meridian.Identity.Manage;

/// <summary>Whom <c>--keystone-user</c> and <c>--keystone-group</c> give new keys to. Here both may be left out, by root too: the keys are then the caller's.</summary>
internal sealed class KeyOwner
{
    private const uint Unchanged = uint.MaxValue;

    private readonly uint user;
    private readonly uint group;

    private KeyOwner(uint user, uint group)
    {
        this.user = user;
        this.group = group;
    }

    public static IReadOnlyList<ManageOption> Options { get; } =
    [
        new("--keystone-user", "KEYSTONE_USER", "User that the keys are given to, by name or number."),
        new("--keystone-group", "KEYSTONE_GROUP", "Group that the keys are given to, by name or number."),
    ];

    /// <exception cref="InvalidOperationException">There is no such user or group.</exception>
    public static KeyOwner Of(ManageArguments arguments) => new(Read(arguments, "user", "/etc/passwd"), Read(arguments, "group", "/etc/group"));

    public void Give(IEnumerable<string> files)
    {
        if (user == Unchanged && group == Unchanged)
        {
            return;
        }

        foreach (var file in files)
        {
            if (chown(file, user, group) != 0)
            {
                throw new IOException($"chown {file}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
            }
        }
    }

    private static uint Read(ManageArguments arguments, string kind, string file) => arguments.Find($"--keystone-{kind}") is not { } name ? Unchanged
        : uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : Lookup(file, name) ?? throw new InvalidOperationException($"Unknown {kind} '{name}' in --keystone-{kind}");

    private static uint? Lookup(string file, string name) => File.ReadLines(file).Select(line => line.Split(':')).Where(fields => fields[0] == name && fields.Length > 2)
        .Select(fields => (uint?)uint.Parse(fields[2], CultureInfo.InvariantCulture)).FirstOrDefault();

    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi)]
    private static extern int chown(string path, uint owner, uint group);
}
