// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

using FluentMigrator;

using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

namespace Meridian.Platform.Tests.Sagas;

[Migration(2026112202)]
public sealed class CreateSagas : SchemaMigration
{
    public override void Up() => SagaTable.Create(Create, Types);
}

internal sealed record SampleInput(string Name, int? Size = null);

[JsonSerializable(typeof(SampleInput))]
internal sealed partial class SampleJson : JsonSerializerContext;

/// <summary>What the sample saga makes: things at a neighbour that chooses ids itself, and a record.</summary>
internal sealed class World
{
    public Dictionary<string, string> Things { get; } = [];

    public string Status { get; set; } = "BUILD";

    public List<string> Calls { get; } = [];

    public Func<string, Task> OnStep { get; set; } = _ => Task.CompletedTask;

    public SagaFailure? Failure { get; set; }
}

internal sealed class SampleSaga(World world, SagaType<SampleInput>? type = null) : Saga<SampleInput>(type ?? Type)
{
    public static readonly SagaType<SampleInput> Type = new("sample", SampleJson.Default.SampleInput);

    public override int RetryLimit => 3;

    protected override IReadOnlyList<Step<SampleInput>> Steps =>
    [
        new("begin", (_, _) => CallAsync("begin"), (c, _) =>
        {
            world.Failure = c.Failure;
            world.Status = "ERROR";
            return CallAsync("-begin");
        }),
        new("make", MakeAsync, (c, _) =>
        {
            lock (world)
            {
                foreach (var thing in world.Things.Where(thing => thing.Value == c.SagaId).Select(thing => thing.Key).ToList())
                {
                    world.Things.Remove(thing);
                }
            }

            return CallAsync("-make");
        }),
        new("plain", (_, _) => CallAsync("plain")),
        new("end", (c, _) =>
        {
            lock (world)
            {
                world.Status = world.Things.ContainsKey(c.Find("thing")!) ? "ACTIVE" : "LOST";
            }

            return CallAsync("end");
        }),
    ];

    private async Task MakeAsync(SagaContext<SampleInput> context, CancellationToken cancellationToken)
    {
        await CallAsync("make");
        lock (world)
        {
            var found = world.Things.FirstOrDefault(thing => thing.Value == context.SagaId).Key ?? Guid.NewGuid().ToString("N");
            world.Things[found] = context.SagaId;
            context.Set("thing", found);
        }
    }

    private Task CallAsync(string name)
    {
        lock (world)
        {
            world.Calls.Add(name);
        }

        return world.OnStep(name);
    }
}
