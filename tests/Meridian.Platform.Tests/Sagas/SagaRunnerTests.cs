// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Platform.Http;
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;
using Meridian.Testing;
using Meridian.Testing.Engines;

using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Tests.Sagas;

/// <summary>Runner, queue and table; once a kind of database.</summary>
public abstract class SagaRunnerTests(IDatabaseServer server) : IAsyncLifetime
{
    private readonly ProcessResources resources = new();
    private readonly World world = new();
    private readonly List<SagaRunner> runners = [];
    private readonly CancellationTokenSource stopping = new();
    private Database database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = resources.Database(await server.CreateDatabaseAsync(Token), "test");
        await Schema.MigrateAsync(database, typeof(CreateSagas).Assembly, Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in runners)
        {
            await runner.StopAsync(CancellationToken.None);
            runner.Dispose();
        }

        await resources.DisposeAsync();
        stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_saga_that_is_woken_runs_to_its_end_and_leaves_no_row()
    {
        await StartAsync();

        await EnqueueAsync("s1");

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Count == 0));
        Assert.Equal(["begin", "make", "plain", "end"], world.Calls);
        Assert.Equal("ACTIVE", world.Status);
    }

    [Fact]
    public async Task A_saga_that_nobody_woke_is_found()
    {
        await EnqueueAsync("s1", wake: false);

        await StartAsync();

        Assert.True(await Wait.UntilAsync(() => world.Status == "ACTIVE"));
    }

    [Fact]
    public async Task A_rolled_back_saga_never_runs()
    {
        await StartAsync();
        string id;
        await using (var db = await database.BeginAsync(Token))
        {
            id = await Queue().EnqueueAsync(db, SampleSaga.Type, new("x"), "s1", null, Token);
        }

        await Queue().WakeAsync(id, Token);
        await EnqueueAsync("s2");

        Assert.True(await Wait.UntilAsync(() => world.Status == "ACTIVE"));
        Assert.Single(world.Calls, "begin");
    }

    [Fact]
    public async Task A_failing_step_unwinds_backwards_from_itself_and_keeps_the_failure()
    {
        world.OnStep = name => name == "end" ? throw new StepFailedException("no room", 409) : Task.CompletedTask;
        await StartAsync();

        await EnqueueAsync("s1");

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Single().State == SagaState.Undone));
        Assert.Equal(["begin", "make", "plain", "end", "-make", "-begin"], world.Calls);
        Assert.Equal(("end", "no room", 409), ((await ListAsync()).Single().Failure!.Step, world.Failure!.Message, world.Failure.Code));
        Assert.Empty(world.Things);
    }

    [Fact]
    public async Task A_step_that_throws_is_tried_again_and_then_unwound()
    {
        var tries = 0;
        world.OnStep = name => name == "plain" && ++tries > 0 ? throw new IOException("password=hunter2") : Task.CompletedTask;
        await StartAsync();

        await EnqueueAsync("s1");

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Single().State == SagaState.Undone));
        Assert.Equal(3, tries);
        Assert.DoesNotContain("hunter2", world.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("hunter2", world.Failure.Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_saga_that_can_not_unwind_is_stuck_until_an_operator_retries()
    {
        var broken = true;
        world.OnStep = name => name == "end" ? throw new StepFailedException("no") : name == "-make" && broken ? throw new IOException("away") : Task.CompletedTask;
        await StartAsync();
        var id = await EnqueueAsync("s1");
        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Single().State == SagaState.Stuck));

        broken = false;
        Assert.True(await Queue().RetryAsync(id, Token));

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Single().State == SagaState.Undone));
        Assert.False(await Queue().RetryAsync(id, Token));
    }

    [Fact]
    public async Task Sagas_of_one_subject_run_one_after_another()
    {
        var gate = new TaskCompletionSource();
        world.OnStep = name => name == "make" ? gate.Task : Task.CompletedTask;
        await StartAsync();

        await EnqueueAsync("s1");
        await EnqueueAsync("s1");
        await EnqueueAsync("other");
        Assert.True(await Wait.UntilAsync(() => Count("make") == 2));
        gate.SetResult();

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Count == 0));
        Assert.Equal(3, Count("end"));
        Assert.True(world.Calls.LastIndexOf("begin") > world.Calls.IndexOf("end"));
    }

    [Fact]
    public async Task An_aborted_saga_unwinds_at_its_next_boundary()
    {
        var gate = new TaskCompletionSource();
        world.OnStep = name => name == "make" ? gate.Task : Task.CompletedTask;
        await StartAsync();
        await EnqueueAsync("s1");
        Assert.True(await Wait.UntilAsync(() => Count("make") == 1));

        await using (var db = await database.BeginAsync(Token))
        {
            Assert.Equal(1, await Queue().AbortAsync(db, "s1", Token));
            await db.CommitAsync(Token);
        }

        gate.SetResult();

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Single().State == SagaState.Undone));
        Assert.Equal(["begin", "make", "-make", "-begin"], world.Calls);
        Assert.Empty(world.Things);
    }

    [Fact]
    public async Task A_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once_and_of_another_machine_not()
    {
        await EnqueueAsync("dead", wake: false, SagaOwner.Current with { Started = "1" });
        await EnqueueAsync("away", wake: false, SagaOwner.Current with { Machine = "elsewhere" });

        await StartAsync();

        Assert.True(await Wait.UntilAsync(() => world.Status == "ACTIVE"));
        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Count == 1));
        Assert.Equal("away", (await ListAsync()).Single().Subject);
    }

    [Fact]
    public async Task Sagas_of_newer_versions_and_other_programs_are_left_alone()
    {
        await StartAsync();

        await EnqueueAsync("newer", type: SampleSaga.Type with { Version = 2 });
        await EnqueueAsync("other", type: SampleSaga.Type with { Name = "other" });
        await EnqueueAsync("ours");

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Count == 2));
        Assert.Equal(["newer", "other"], (await ListAsync()).Select(saga => saga.Subject));
        Assert.Equal(1, Count("begin"));
    }

    [Fact]
    public async Task A_stopping_runner_releases_what_it_runs()
    {
        world.OnStep = name => name == "make" ? Task.Delay(Timeout.Infinite, stopping.Token) : Task.CompletedTask;
        var runner = await StartAsync();
        await EnqueueAsync("s1");
        Assert.True(await Wait.UntilAsync(() => Count("make") == 1));

        var stop = runner.StopAsync(Token);
        await stopping.CancelAsync();
        await stop;

        Assert.Null((await ListAsync()).Single().Owner);
    }

    [Fact]
    public async Task A_process_that_lost_its_lease_changes_nothing()
    {
        var id = await EnqueueAsync("s1", wake: false);
        var store = new SagaStore(database, TimeProvider.System);
        var row = await store.TryClaimAsync(id, "one", _ => true, Token);
        await store.SetOwnerAsync(id, "two", Token);

        row!.Step = 2;
        Assert.False(await store.TrySaveAsync(row, "one", evenIfAborted: true, Token));

        Assert.Equal(0, (await store.FindAsync(id, Token))!.Step);
    }

    [Fact]
    public async Task Many_sagas_run_side_by_side_and_quickly()
    {
        await StartAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => EnqueueAsync($"s{i}")));

        Assert.True(await Wait.UntilAsync(async () => (await ListAsync()).Count == 0));
        TestContext.Current.TestOutputHelper?.WriteLine($"{clock.Elapsed.TotalMilliseconds / 200:F2} ms a saga of 4 steps");
        Assert.Equal(200, Count("end"));
    }

    private int Count(string call)
    {
        lock (world)
        {
            return world.Calls.Count(c => c == call);
        }
    }

    private async Task<SagaRunner> StartAsync()
    {
        var runner = new SagaRunner(
            [new SampleSaga(world)], database, resources, TimeProvider.System, [], new SagaRunnerOptions { PollInterval = TimeSpan.FromMilliseconds(100) },
            new ServiceIdentity("test", "RegionOne"), NullLogger<SagaRunner>.Instance);
        runners.Add(runner);
        await runner.StartAsync(Token);
        return runner;
    }

    private SagaQueue Queue() => new(database, resources, TimeProvider.System, [new SampleSaga(world)]);

    private Task<IReadOnlyList<SagaInfo>> ListAsync() => Queue().ListAsync(Token);

    private async Task<string> EnqueueAsync(string subject, bool wake = true, SagaOwner? owner = null, SagaType<SampleInput>? type = null)
    {
        string id;
        await using (var db = await database.BeginAsync(Token))
        {
            id = await Queue().EnqueueAsync(db, type ?? SampleSaga.Type, new("x"), subject, "req-1", Token);
            if (owner is not null)
            {
                var (text, until) = (owner.ToString(), new DateTime(2199, 1, 1, 0, 0, 0, DateTimeKind.Utc));
                await db.GetTable<SagaRow>().Where(s => s.Id == id).Set(s => s.Owner, text).Set(s => s.LeasedUntil, until).UpdateAsync(Token);
            }

            await db.CommitAsync(Token);
        }

        if (wake)
        {
            await Queue().WakeAsync(id, Token);
        }

        return id;
    }
}

public sealed class SqliteSagaRunnerTests(SqliteFixture server) : SagaRunnerTests(server);

[Trait("needs", "engines")]
public sealed class MariaDbSagaRunnerTests(MariaDbFixture server) : SagaRunnerTests(server);

[Trait("needs", "engines")]
public sealed class PostgreSqlSagaRunnerTests(PostgreSqlFixture server) : SagaRunnerTests(server);
