// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

using Microsoft.Extensions.Logging;

namespace Meridian.Host.Programs;

/// <summary>What became of each option of a program's files (DESIGN 4): as a table for people, as warnings for the log.</summary>
internal static class ConfigTable
{
    public static void Warn(ServiceConfig config, ILogger logger)
    {
        foreach (var finding in config.Findings.Where(f => f.Kind != FindingKind.Honoured))
        {
            logger.LogWarning("{Where}: option {Name} in section [{Section}]: {Note}", finding.Value.Where, finding.Value.Name, finding.Value.Section, finding.Note);
        }
    }

    public static string Word(FindingKind kind) => kind switch
    {
        FindingKind.Honoured => "honoured",
        FindingKind.Deprecated => "honoured (old name)",
        FindingKind.NoEffect => "without effect",
        _ => "unknown",
    };
}
