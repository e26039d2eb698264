// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Meridian.Platform.Processes;

/// <summary>
/// Runs a program with an argument list, never a shell, in a session of its own: a timeout or cancellation kills all that it started.
/// User and limits are set by util-linux's setpriv and prlimit before the program's first instruction.
/// </summary>
public static partial class ProcessRunner
{
    private const int ErrorLimit = 8 * 1024;
    private const int BufferSize = 16 * 1024;
    private const int Sigkill = 9;
    private const nuint Fionread = 0x541B;

    /// <exception cref="ProcessException">It couldn't be started, ended with another code than <see cref="ProcessOptions.SuccessCodes"/>, or took too long.</exception>
    public static async Task<ProcessResult> RunAsync(
        string program, IReadOnlyList<string> arguments, ProcessOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(program, arguments, options);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        using var ended = new CancellationTokenSource();
        var error = ReadTailAsync(process.StandardError.BaseStream, ended.Token);
        var output = options.Output is { } target
            ? CopyAsync(process.StandardOutput.BaseStream, target, ended.Token, limit.Token)
            : ReadAllAsync(process.StandardOutput.BaseStream, options.OutputLimitBytes, ended.Token);
        var input = WriteInputAsync(process, options.Input, ended.Token, limit.Token);
        string? killed = null;
        try
        {
            // An output that can't be taken (too long, disk full) ends the program too.
            var exit = process.WaitForExitAsync(limit.Token);
            if (await Task.WhenAny(exit, output) == output && !output.IsCompletedSuccessfully && !limit.IsCancellationRequested)
            {
                killed = output.Exception?.InnerException?.Message ?? "was stopped";
                KillAll(process);
            }

            await exit;
        }
        catch (OperationCanceledException)
        {
            killed = TooLong(options);
            KillAll(process);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        await ended.CancelAsync();
        await input;
        var lastWords = await error;
        await output.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
        killed ??= output.IsCanceled ? TooLong(options) : null;
        if (killed is not null)
        {
            throw new ProcessException(program, null, lastWords, killed);
        }

        var text = await output;
        return options.SuccessCodes.Contains(process.ExitCode)
            ? new(process.ExitCode, text, lastWords)
            : throw new ProcessException(program, process.ExitCode, lastWords, Describe(process.ExitCode));
    }

    private static string TooLong(ProcessOptions options) => $"did not end within {options.Timeout.TotalSeconds:0.###} s";

    private static string Describe(int code) => code > 128 ? $"was ended by signal {code - 128}" : $"ended with code {code}";

    private static Process Start(string program, IReadOnlyList<string> arguments, ProcessOptions options)
    {
        var path = Find(program) ?? throw new ProcessException(program, null, "", "is not installed");
        var start = new ProcessStartInfo("/usr/bin/setsid")
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            WorkingDirectory = options.WorkingDirectory ?? "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        foreach (var argument in Wrappers(options).Append(path).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new ProcessException(program, null, e.Message, "could not be started", e);
        }
    }

    private static IEnumerable<string> Wrappers(ProcessOptions options)
    {
        string[] limits =
        [
            .. options.AddressSpaceBytes is { } bytes ? [$"--as={bytes}"] : Array.Empty<string>(),
            .. options.CpuSeconds is { } seconds ? [$"--cpu={seconds}"] : Array.Empty<string>(),
            .. options.FileSizeBytes is { } size ? [$"--fsize={size}"] : Array.Empty<string>(),
        ];
        if (options.UserId is { } user)
        {
            yield return "/usr/bin/setpriv";
            yield return $"--reuid={user}";
            yield return $"--regid={options.GroupId ?? user}";
            yield return "--clear-groups";
            yield return "--no-new-privs";
            yield return "--";
        }

        if (limits.Length > 0)
        {
            yield return "/usr/bin/prlimit";
            foreach (var limit in limits)
            {
                yield return limit;
            }

            yield return "--core=0";
            yield return "--";
        }
    }

    /// <returns>The program's path, null when there's none.</returns>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(program) ? program : null;
        }

        // Engines' programs stand in sbin, which a user's PATH lacks on Debian.
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    /// <summary>Ends a session's processes by the number of its first.</summary>
    internal static void KillGroup(int processId) => _ = Kill(-processId, Sigkill);

    private static void KillAll(Process process)
    {
        _ = Kill(-process.Id, Sigkill);
        try
        {
            process.Kill(entireProcessTree: true); // Between fork and setsid there's no group of that number yet.
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static async Task WriteInputAsync(Process process, Stream? input, CancellationToken ended, CancellationToken limit)
    {
        try
        {
            if (input is not null)
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, limit);
                await input.CopyToAsync(process.StandardInput.BaseStream, either.Token);
            }

            process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The program ended without reading all of it: its exit code says whether that matters.
        }
    }

    private static async Task<string> CopyAsync(Stream source, Stream target, CancellationToken ended, CancellationToken limit)
    {
        await ReadAsync(source, bytes => target.WriteAsync(bytes, limit), ended);
        return "";
    }

    private static async Task<string> ReadAllAsync(Stream source, int limitBytes, CancellationToken ended)
    {
        using var kept = new MemoryStream();
        await ReadAsync(
            source,
            bytes =>
            {
                if (kept.Length + bytes.Length > limitBytes)
                {
                    throw new InvalidDataException($"wrote more than {limitBytes} bytes");
                }

                kept.Write(bytes.Span);
                return ValueTask.CompletedTask;
            },
            ended);
        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }

    private static async Task<string> ReadTailAsync(Stream source, CancellationToken ended)
    {
        var tail = new byte[ErrorLimit + BufferSize];
        var length = 0;
        await ReadAsync(
            source,
            bytes =>
            {
                bytes.CopyTo(tail.AsMemory(length));
                length += bytes.Length;
                if (length > ErrorLimit)
                {
                    tail.AsSpan(length - ErrorLimit, ErrorLimit).CopyTo(tail);
                    length = ErrorLimit;
                }

                return ValueTask.CompletedTask;
            },
            ended);
        return Encoding.UTF8.GetString(tail, 0, length);
    }

    /// <summary>
    /// Reads a pipe to its end, or once the program ended as much as the pipe then holds: all that the program wrote is there, and a daemon that it left
    /// behind may hold the pipe open, or fill it, for ever.
    /// </summary>
    private static async Task ReadAsync(Stream source, Func<ReadOnlyMemory<byte>, ValueTask> takeAsync, CancellationToken ended)
    {
        var buffer = new byte[BufferSize];
        int read;
        while (true)
        {
            try
            {
                read = await source.ReadAsync(buffer, ended);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            if (read == 0)
            {
                return;
            }

            await takeAsync(buffer.AsMemory(0, read));
        }

        for (var left = UnreadBytes(source); left > 0; left -= read)
        {
            read = await source.ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), CancellationToken.None);
            await takeAsync(buffer.AsMemory(0, read));
        }
    }

    private static int UnreadBytes(Stream pipe) =>
        Ioctl(((PipeStream)pipe).SafePipeHandle, Fionread, out var bytes) == 0 ? bytes : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafePipeHandle file, nuint request, out int value);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
