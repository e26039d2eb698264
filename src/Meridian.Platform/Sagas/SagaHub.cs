// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Threading.Channels;

using Meridian.Platform.Storage;

namespace Meridian.Platform.Sagas;

/// <summary>What the queue and the runners of one database share inside one process: who runs what, and a bell. Found through <see cref="ProcessResources"/>.</summary>
internal sealed class SagaHub
{
    private readonly ConcurrentDictionary<object, (HashSet<string> Names, ChannelWriter<string> Wake)> runners = new();

    /// <summary>Sagas that some runner of this process has at hand.</summary>
    public ConcurrentDictionary<string, object> Running { get; } = new();

    public static SagaHub For(ProcessResources resources, Database database) => resources.Get($"sagas {database.Kind} {database.ConnectionString}", static () => new SagaHub());

    public void Join(object runner, IEnumerable<string> names, ChannelWriter<string> wake) => runners[runner] = ([.. names], wake);

    public void Leave(object runner) => runners.TryRemove(runner, out _);

    public bool Runs(string name)
    {
        foreach (var (_, runner) in runners)
        {
            if (runner.Names.Contains(name))
            {
                return true;
            }
        }

        return false;
    }

    public void Wake(string sagaId)
    {
        foreach (var (_, runner) in runners)
        {
            runner.Wake.TryWrite(sagaId);
        }
    }
}
