// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Host.Programs;

/// <summary>
/// The name that this process was called by. The runtime's own accessors resolve links and so lose it; /proc keeps what exec was given (DESIGN 3).
/// </summary>
internal static class ProgramName
{
    public static string Current() => FromCommandLine(File.ReadAllText("/proc/self/cmdline"));

    internal static string FromCommandLine(string commandLine) => Path.GetFileName(commandLine.Split('\0')[0]);
}
