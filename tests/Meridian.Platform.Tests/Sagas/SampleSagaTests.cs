// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Sagas;

/// <summary>The tests that every saga inherits, proved on a small one.</summary>
public sealed class SampleSagaTests : SagaTests
{
    protected override async Task<SagaScenario> CreateAsync()
    {
        var folder = new TemporaryFolder();
        var database = Database.Open(DatabaseUrl.Parse("sqlite:///" + folder.File("sagas.db"), "test"), "NORMAL");
        await Schema.MigrateAsync(database, typeof(CreateSagas).Assembly, TestContext.Current.CancellationToken);
        return new Scenario(database, folder);
    }

    private sealed class Scenario(Database database, TemporaryFolder folder) : SagaScenario
    {
        private readonly World world = new();

        public override Saga Saga => field ??= new SampleSaga(world);

        public override Database Database => database;

        public override async Task<string> EnqueueAsync(CancellationToken cancellationToken)
        {
            var queue = new SagaQueue(database, new ProcessResources(), TimeProvider.System, []);
            await using var db = await database.BeginAsync(cancellationToken);
            var id = await queue.EnqueueAsync(db, SampleSaga.Type, new("x"), "subject", null, cancellationToken);
            await db.CommitAsync(cancellationToken);
            return id;
        }

        public override Task AssertDoneAsync(CancellationToken cancellationToken)
        {
            Assert.Single(world.Things);
            Assert.Equal("ACTIVE", world.Status);
            return Task.CompletedTask;
        }

        public override Task AssertNothingLeftAsync(CancellationToken cancellationToken)
        {
            Assert.Empty(world.Things);
            Assert.Equal("ERROR", world.Status);
            Assert.StartsWith("a test failed step", world.Failure!.Message, StringComparison.Ordinal);
            return Task.CompletedTask;
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await database.DisposeAsync();
            folder.Dispose();
        }
    }
}
