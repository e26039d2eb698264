// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

namespace Meridian.Testing;

/// <summary>A saga with everything that it works on, new for each case.</summary>
public abstract class SagaScenario : IAsyncDisposable
{
    public abstract Saga Saga { get; }

    public abstract Database Database { get; }

    /// <summary>Stores what the saga is about, and the saga.</summary>
    /// <returns>The saga's id.</returns>
    public abstract Task<string> EnqueueAsync(CancellationToken cancellationToken);

    /// <summary>Asserts that everything is as after one undisturbed run.</summary>
    public abstract Task AssertDoneAsync(CancellationToken cancellationToken);

    /// <summary>Asserts that nothing is left but what should tell of the failure.</summary>
    public abstract Task AssertNothingLeftAsync(CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>The tests that every saga has: it works; each step run twice; each step failing, and each undo run twice, leaves nothing.</summary>
public abstract class SagaTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<SagaScenario> CreateAsync();

    /// <summary>False for a saga that only ever goes on, such as a deletion: its failing steps are not tested.</summary>
    protected virtual bool CanFail => true;

    [Fact]
    public async Task It_works()
    {
        await using var scenario = await CreateAsync();

        Assert.Equal("done", await RunAsync(scenario, null));

        await scenario.AssertDoneAsync(Token);
    }

    [Fact]
    public async Task Each_step_run_twice_gives_the_same_end()
    {
        foreach (var step in await StepsAsync())
        {
            await using var scenario = await CreateAsync();
            var interrupted = false;

            Assert.Equal("done", await RunAsync(scenario, moment =>
            {
                if (!interrupted && moment.Step == step && moment.Point == SagaPoint.AfterDo)
                {
                    interrupted = true;
                    throw new SagaInterruptedException(moment);
                }
            }));

            Assert.True(interrupted, $"step {step} never ran");
            await scenario.AssertDoneAsync(Token);
        }
    }

    [Fact]
    public async Task Each_step_failing_leaves_nothing()
    {
        foreach (var step in CanFail ? await StepsAsync() : [])
        {
            foreach (var point in (SagaPoint[])[SagaPoint.BeforeDo, SagaPoint.AfterDo])
            {
                await using var scenario = await CreateAsync();

                Assert.Equal(SagaState.Undone, await RunAsync(scenario, moment => FailAt(moment, step, point)));

                await scenario.AssertNothingLeftAsync(Token);
            }
        }
    }

    [Fact]
    public async Task Each_undo_run_twice_leaves_nothing()
    {
        foreach (var step in CanFail ? await StepsAsync() : [])
        {
            await using var scenario = await CreateAsync();
            var interrupted = new HashSet<string>();

            Assert.Equal(SagaState.Undone, await RunAsync(scenario, moment =>
            {
                FailAt(moment, step, SagaPoint.AfterDo);
                if (moment.Point == SagaPoint.AfterUndo && interrupted.Add(moment.Step))
                {
                    throw new SagaInterruptedException(moment);
                }
            }));

            await scenario.AssertNothingLeftAsync(Token);
        }
    }

    private static void FailAt(SagaMoment moment, string step, SagaPoint point)
    {
        if (moment.Step == step && moment.Point == point)
        {
            throw new StepFailedException($"a test failed step {step}");
        }
    }

    private static async Task<string> RunAsync(SagaScenario scenario, Action<SagaMoment>? fault)
    {
        var id = await scenario.EnqueueAsync(Token);
        return await SagaDriver.RunToEndAsync(scenario.Saga, scenario.Database, id, fault, Token);
    }

    private async Task<IReadOnlyList<string>> StepsAsync()
    {
        await using var scenario = await CreateAsync();
        return scenario.Saga.StepNames;
    }
}
