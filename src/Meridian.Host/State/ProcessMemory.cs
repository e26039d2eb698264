// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Meridian.Host.State;

/// <summary>Memory of a process as it counts for the machine: pages shared with others count by their share (PSS).</summary>
internal static class ProcessMemory
{
    /// <returns>0 when the process is gone or is another user's.</returns>
    public static double PssMib(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/smaps_rollup").FirstOrDefault(l => l.StartsWith("Pss:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line["Pss:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
