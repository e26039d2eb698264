// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Processes;

namespace Meridian.Compute.Drivers;

/// <summary>
/// What the owner of a server may read of a host's trouble: no paths and no addresses of the cloud (OSSA-2019-003). The exception itself goes along as
/// the cause, for the log and for administrators.
/// </summary>
internal static class HostFault
{
    private const string NoSpace = "No space left on device";

    public static string Reason(Exception exception) => exception switch
    {
        IOException io when IsFull(io) => "There is no space left on the host's disk.",
        IOException or UnauthorizedAccessException => "The host's disk cannot be read or written.",
        ProcessException tool when tool.Error.Contains(NoSpace, StringComparison.Ordinal) => "There is no space left on the host's disk.",
        ProcessException { ExitCode: { } code } => $"A tool of the host failed with {code}.",
        ProcessException or TimeoutException => "The host took too long.",
        HttpRequestException => "The image service does not answer.",
        _ => exception.Message,
    };

    /// <summary>ENOSPC, EDQUOT, EFBIG.</summary>
    private static bool IsFull(IOException exception) => (exception.HResult & 0xffff) is 28 or 122 or 27;
}
