// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Sagas;

/// <summary>The moments around a step at which a process may die.</summary>
public enum SagaPoint
{
    BeforeDo,

    /// <summary>The step is done and that is not written yet: after a crash here it runs again.</summary>
    AfterDo,
    AfterPersist,
    BeforeUndo,
    AfterUndo,
    AfterUndoPersist,
}

public sealed record SagaMoment(string SagaId, string Saga, string Subject, string Step, SagaPoint Point)
{
    /// <summary>create_server/ports/AfterDo: what kill tests name.</summary>
    public override string ToString() => $"{Saga}/{Step}/{Point}";
}

/// <summary>
/// Sees each step boundary; tests put faults there. What it throws counts as thrown by the step, but for <see cref="SagaInterruptedException"/>, after which
/// the runner leaves the saga as a killed process would.
/// </summary>
public interface ISagaObserver
{
    Task AtAsync(SagaMoment moment, CancellationToken cancellationToken);
}

/// <summary>Stands for a kill in tests that run in one process.</summary>
public sealed class SagaInterruptedException(SagaMoment moment) : Exception($"interrupted at {moment}");
