// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Audit;

/// <param name="Findings">What does not agree inside the program, a sentence each.</param>
/// <param name="ServersByKind">Ids of servers that the program holds something of, by what that is ("guest", "files of a guest"): held against the servers that exist.</param>
public sealed record AuditReport(IReadOnlyList<string> Findings, IReadOnlyDictionary<string, IReadOnlyList<string>> ServersByKind)
{
    public static AuditReport Of(IReadOnlyList<string> findings) => new(findings, new Dictionary<string, IReadOnlyList<string>>());
}

/// <summary>A program's part of <c>meridian audit</c>: compares what it keeps with what is; changes nothing.</summary>
public interface IAudit
{
    Task<AuditReport> RunAsync(CancellationToken cancellationToken);
}
