// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

using Spectre.Console;

namespace Meridian.Host.Output;

/// <summary>
/// Tells the user what goes on: each step that takes longer than a second gets a line when it has run for that long and one when it is done.
/// On a terminal running steps have a spinner; elsewhere lines are plain.
/// </summary>
internal sealed class Steps(TextWriter output, bool terminal)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly List<Running> running = [];

    public static Steps ForConsole() => new(Console.Out, !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"));

    public void Say(string line)
    {
        lock (gate)
        {
            Erase();
            output.WriteLine(line);
            output.Flush();
        }
    }

    /// <summary>Something that the user has to know and may have to act on.</summary>
    public void Warn(string line) => Say(terminal ? $"\e[33m! {line}\e[0m" : $"! {line}");

    public async Task RunAsync(string title, Func<Task> work) => await RunAsync(title, async () =>
    {
        await work();
        return true;
    });

    public async Task<T> RunAsync<T>(string title, Func<Task<T>> work)
    {
        var step = new Running(title, Stopwatch.GetTimestamp());
        lock (gate)
        {
            running.Add(step);
        }

        using var stop = new CancellationTokenSource();
        var announce = AnnounceAsync(step, stop.Token);
        var done = false;
        try
        {
            var result = await work();
            done = true;
            return result;
        }
        finally
        {
            await stop.CancelAsync();
            await announce;
            lock (gate)
            {
                running.Remove(step);
                if (step.Announced || !done)
                {
                    Erase();
                    output.WriteLine($"{(done ? "✓" : "✗")} {title} ({step.Elapsed.TotalSeconds:F1} s)");
                    output.Flush();
                }
            }
        }
    }

    /// <summary>Shown behind the title of the running step of that title: "installing 12 of 80".</summary>
    public void Detail(string title, string detail)
    {
        lock (gate)
        {
            if (running.Find(r => r.Title == title) is { } step)
            {
                step.Detail = detail;
            }
        }
    }

    private async Task AnnounceAsync(Running step, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Long, cancellationToken);
            for (var frame = 0; ; frame++)
            {
                lock (gate)
                {
                    if (!step.Announced && !terminal)
                    {
                        output.WriteLine($"· {step.Title} …");
                        output.Flush();
                    }

                    step.Announced = true;
                    if (terminal && running.Find(r => r.Announced) == step)
                    {
                        Draw(frame);
                    }
                }

                await Task.Delay(TimeSpan.FromMilliseconds(terminal ? 120 : 60_000), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The step is over.
        }
    }

    private void Draw(int frame)
    {
        var frames = Spinner.Known.Dots.Frames;
        var texts = running.Where(r => r.Announced).Select(r => $"{r.Title}{(r.Detail is null ? "" : ": " + r.Detail)} {r.Elapsed.TotalSeconds:F0} s");
        var line = $"{frames[frame % frames.Count]} {string.Join(" · ", texts)}";
        var width = Math.Max(20, Console.WindowWidth - 1);
        output.Write($"\r\e[K{(line.Length > width ? line[..width] : line)}");
        output.Flush();
    }

    private void Erase()
    {
        if (terminal)
        {
            output.Write("\r\e[K");
        }
    }

    private sealed class Running(string title, long started)
    {
        public string Title => title;

        public TimeSpan Elapsed => Stopwatch.GetElapsedTime(started);

        public bool Announced { get; set; }

        public string? Detail { get; set; }
    }
}
