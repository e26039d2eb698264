// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Processes;

/// <summary>How <see cref="ProcessRunner"/> runs a program.</summary>
public sealed record ProcessOptions
{
    public static ProcessOptions Default { get; } = new();

    /// <summary>After this the program and everything that it started is killed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Run as this user, without supplementary groups; needs root.</summary>
    public int? UserId { get; init; }

    /// <summary>The group; the user's number when only that is given.</summary>
    public int? GroupId { get; init; }

    /// <summary>RLIMIT_AS.</summary>
    public long? AddressSpaceBytes { get; init; }

    /// <summary>RLIMIT_CPU.</summary>
    public int? CpuSeconds { get; init; }

    /// <summary>RLIMIT_FSIZE: a larger file ends the program with SIGXFSZ.</summary>
    public long? FileSizeBytes { get; init; }

    /// <summary>Added to the little that a program gets by itself: PATH and a UTF-8 locale.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>Read to its end into the program's standard input; no input when null. Secrets go this way, never in arguments.</summary>
    public Stream? Input { get; init; }

    /// <summary>Takes standard output as it comes; otherwise it is kept, up to <see cref="OutputLimitBytes"/>.</summary>
    public Stream? Output { get; init; }

    /// <summary>A program that writes more to a kept output is killed.</summary>
    public int OutputLimitBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Exit codes that are results and not failures.</summary>
    public IReadOnlyList<int> SuccessCodes { get; init; } = [0];
}

/// <param name="Error">The end of standard error, at most 8 KiB.</param>
public sealed record ProcessResult(int ExitCode, string Output, string Error);

/// <summary>The program could not be started, failed, or took too long. The message has the program's name and its last words, never its arguments.</summary>
public sealed class ProcessException(string program, int? exitCode, string error, string why, Exception? inner = null)
    : Exception(error.Length == 0 ? $"{program} {why}" : $"{program} {why}: {error.Trim()}", inner)
{
    /// <summary>Null when the program didn't run to its end. 128 + n when signal n ended it.</summary>
    public int? ExitCode { get; } = exitCode;

    public string Error { get; } = error;
}
