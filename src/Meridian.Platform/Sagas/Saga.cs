// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Meridian.Platform.Sagas;

/// <summary>
/// What a saga is stored as. Keep one in a static readonly field of the saga's class, so that a program that only starts it needs none of its dependencies.
/// </summary>
/// <param name="Name">Stored: never rename it.</param>
/// <param name="Input">Only add optional members to the input.</param>
/// <param name="Version">Raise it when an older process could not go on with what a newer one began.</param>
public sealed record SagaType<TInput>(string Name, JsonTypeInfo<TInput> Input, int Version = 1);

/// <param name="Name">Stored in failures and shown to operators: never rename it.</param>
/// <param name="Do">Ensures that something is so; may run twice.</param>
/// <param name="Undo">
/// Runs backwards for every step that began, the failed one included; copes with a half done or already undone <paramref name="Do"/>. Null when there's nothing to undo.
/// </param>
public sealed record Step<TInput>(
    string Name, Func<SagaContext<TInput>, CancellationToken, Task> Do, Func<SagaContext<TInput>, CancellationToken, Task>? Undo = null);

/// <summary>A long operation: steps that are persisted, so that it goes on or is undone whatever process is killed at whatever moment (DESIGN 17).</summary>
public abstract class Saga<TInput>(SagaType<TInput> type) : Saga
{
    private IReadOnlyList<Step<TInput>>? steps;
    private string[]? names;

    /// <summary>Asked once. Steps may be appended in a new release; their order and names stay.</summary>
    protected abstract IReadOnlyList<Step<TInput>> Steps { get; }

    public override string Name => type.Name;

    public override int Version => type.Version;

    internal override IReadOnlyList<string> StepNames => names ??= [.. All.Select(step => step.Name)];

    private IReadOnlyList<Step<TInput>> All => steps ??= Steps;

    internal override SagaContext Open(SagaRow row)
    {
        var input = JsonSerializer.Deserialize(row.Input, type.Input) ?? throw new JsonException($"Saga {row.Id} has no input.");
        return new SagaContext<TInput>(row, input);
    }

    internal override Task DoAsync(int step, SagaContext context, CancellationToken cancellationToken) =>
        All[step].Do((SagaContext<TInput>)context, cancellationToken);

    internal override bool HasUndo(int step) => All[step].Undo is not null;

    internal override Task UndoAsync(int step, SagaContext context, CancellationToken cancellationToken) =>
        All[step].Undo?.Invoke((SagaContext<TInput>)context, cancellationToken) ?? Task.CompletedTask;
}

/// <summary>The saga without its input's type, as the runner sees it. Derive from <see cref="Saga{TInput}"/>.</summary>
public abstract class Saga
{
    private protected Saga()
    {
    }

    public abstract string Name { get; }

    public abstract int Version { get; }

    /// <summary>Tries of one step before the saga is unwound, and of one undo before it is stuck.</summary>
    public virtual int RetryLimit => 8;

    internal abstract IReadOnlyList<string> StepNames { get; }

    internal abstract SagaContext Open(SagaRow row);

    internal abstract Task DoAsync(int step, SagaContext context, CancellationToken cancellationToken);

    internal abstract bool HasUndo(int step);

    internal abstract Task UndoAsync(int step, SagaContext context, CancellationToken cancellationToken);
}

/// <summary>A step can't succeed, however often it is tried: undo what was done.</summary>
/// <param name="message">Shown to the user (a server's fault): no hosts, paths or secrets.</param>
/// <param name="code">HTTP-like number of the fault.</param>
public sealed class StepFailedException(string message, int code = 500, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;
}

/// <summary>Why a saga is unwound.</summary>
/// <param name="Details">For operators: the exception with its inner ones, without stack traces.</param>
public sealed record SagaFailure(string Step, string Message, int Code, string? Details);
