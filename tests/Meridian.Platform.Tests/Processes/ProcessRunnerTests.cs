// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text;

using Meridian.Platform.Processes;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Processes;

public sealed class ProcessRunnerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        var result = await ProcessRunner.RunAsync("printf", ["%s|", "a b", "$(id)", "; ls", "é😀", ""], ProcessOptions.Default, Token);

        Assert.Equal("a b|$(id)|; ls|é😀||", result.Output);
    }

    [Fact]
    public async Task Input_and_environment_reach_the_program_and_ours_does_not()
    {
        var options = new ProcessOptions { Input = new MemoryStream("secret"u8.ToArray()), Environment = new Dictionary<string, string> { ["GREETING"] = "hello" } };

        var result = await ProcessRunner.RunAsync("sh", ["-c", "cat; echo \" $GREETING ${DOTNET_ROOT:-} ${HOME:-none}\""], options, Token);

        Assert.Equal("secret hello  none\n", result.Output);
    }

    [Fact]
    public async Task A_failure_carries_code_and_the_end_of_standard_error()
    {
        var error = await Assert.ThrowsAsync<ProcessException>(() =>
            ProcessRunner.RunAsync("sh", ["-c", "head -c 100000 /dev/zero | tr '\\0' x >&2; echo last words >&2; exit 3"], ProcessOptions.Default, Token));

        Assert.Equal(3, error.ExitCode);
        Assert.EndsWith("last words", error.Message, StringComparison.Ordinal);
        Assert.True(error.Error.Length <= 8192);
    }

    [Fact]
    public async Task An_expected_code_is_a_result()
    {
        var result = await ProcessRunner.RunAsync("sh", ["-c", "exit 2"], new() { SuccessCodes = [0, 2] }, Token);

        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public async Task A_program_that_is_absent_is_said_so()
    {
        var error = await Assert.ThrowsAsync<ProcessException>(() => ProcessRunner.RunAsync("no-such-program", [], ProcessOptions.Default, Token));

        Assert.Equal("no-such-program is not installed", error.Message);
    }

    [Fact]
    public async Task The_timeout_kills_what_the_program_started_too()
    {
        using var output = new MemoryStream();
        var options = new ProcessOptions { Timeout = TimeSpan.FromMilliseconds(300), Output = output };

        await Assert.ThrowsAsync<ProcessException>(() => ProcessRunner.RunAsync("sh", ["-c", "sleep 300 & echo $!; wait"], options, Token));

        var child = int.Parse(Encoding.UTF8.GetString(output.ToArray()));
        Assert.True(await Wait.UntilAsync(() => !File.Exists($"/proc/{child}/status") || File.ReadAllText($"/proc/{child}/status").Contains("State:\tZ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Cancellation_ends_it()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ProcessRunner.RunAsync("sleep", ["300"], ProcessOptions.Default, source.Token));
    }

    [Fact]
    public async Task Too_much_output_ends_it()
    {
        var error = await Assert.ThrowsAsync<ProcessException>(() => ProcessRunner.RunAsync("yes", [], new() { OutputLimitBytes = 100_000 }, Token));

        Assert.Contains("100000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_program_wrote_is_whole_though_a_daemon_of_its_holds_the_pipe()
    {
        using var output = new MemoryStream();

        var result = await ProcessRunner.RunAsync(
            "sh", ["-c", "sleep 300 & echo $! >&2; head -c 1000000 /dev/zero; echo last words >&2"], new() { Output = output }, Token);

        EndDaemon(result);
        Assert.Equal(1_000_000, output.Length);
        Assert.EndsWith("last words\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_daemon_writes_for_ever_is_not_waited_for()
    {
        const string Flood = "(while kill -0 $$ 2> /dev/null; do :; done; exec yes) & echo $! >&2; echo first";

        var result = await ProcessRunner.RunAsync("sh", ["-c", Flood], new() { Output = Stream.Null }, Token);

        EndDaemon(result);
    }

    [Fact]
    public async Task An_output_that_is_taken_late_is_whole()
    {
        using var output = new LateStream();

        await ProcessRunner.RunAsync("sh", ["-c", "echo $$; head -c 50000 /dev/zero"], new() { Output = output }, Token);

        Assert.True(output.HasWaited);
        Assert.Equal(50_000, output.Length - output.FirstLine.Length);
    }

    [Fact]
    public async Task Limits_are_set_before_it_begins()
    {
        var options = new ProcessOptions { AddressSpaceBytes = 1L << 30, CpuSeconds = 30, FileSizeBytes = 1 << 20 };

        var result = await ProcessRunner.RunAsync("sh", ["-c", "ulimit -v; ulimit -t; ulimit -f; ulimit -c"], options, Token);

        Assert.Equal("1048576\n30\n2048\n0\n", result.Output);
    }

    [Fact]
    public async Task It_runs_as_another_user_without_groups()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may change the user");

        var result = await ProcessRunner.RunAsync("id", [], new() { UserId = 65534 }, Token);

        Assert.StartsWith("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)", result.Output, StringComparison.Ordinal);
    }

    private static void EndDaemon(ProcessResult result)
    {
        try
        {
            using var daemon = Process.GetProcessById(int.Parse(result.Error.Split('\n')[0]));
            daemon.Kill();
        }
        catch (ArgumentException)
        {
            // The broken pipe has ended it.
        }
    }

    /// <summary>Takes its second piece when the program, whose number is the first line, has ended.</summary>
    private sealed class LateStream : MemoryStream
    {
        public string FirstLine { get; private set; } = "";

        public bool HasWaited { get; private set; }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            if (!HasWaited)
            {
                var text = Encoding.UTF8.GetString(ToArray());
                FirstLine = text[..(text.IndexOf('\n', StringComparison.Ordinal) + 1)];
                HasWaited = await Wait.UntilAsync(() => !Directory.Exists($"/proc/{FirstLine.Trim()}"));
            }
        }
    }
}
