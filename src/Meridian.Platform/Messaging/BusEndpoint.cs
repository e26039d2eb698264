// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Platform.Messaging;

/// <summary>
/// What a program answers to on one topic: <c>new BusEndpoint("compute", host).On(Build, BuildAsync)</c>. With a server's name it takes messages to the topic,
/// to that server, and fan-outs.
/// </summary>
public sealed class BusEndpoint(string topic, string? server = null)
{
    private readonly Dictionary<string, (int Version, Handler Handle)> handlers = [];

    internal delegate Task<JsonElement?> Handler(JsonElement arguments, BusContext context, CancellationToken cancellationToken);

    public string Topic => topic;

    public string? Server => server;

    /// <summary>Messages handled at the same time.</summary>
    public int Concurrency { get; init; } = 64;

    /// <param name="handle">An exception is logged and the message is gone: work that must not be lost is a saga or a reconciler.</param>
    public BusEndpoint On<TArguments>(BusMethod<TArguments> method, Func<TArguments, BusContext, CancellationToken, Task> handle)
    {
        handlers.Add(method.Name, (method.Version, async (json, context, cancellationToken) =>
        {
            await handle(Read(json, method.Arguments), context, cancellationToken);
            return null;
        }
        ));
        return this;
    }

    /// <param name="handle">An exception reaches the caller as <see cref="RemoteException"/>: its message holds nothing secret.</param>
    public BusEndpoint On<TArguments, TResult>(BusMethod<TArguments, TResult> method, Func<TArguments, BusContext, CancellationToken, Task<TResult>> handle)
    {
        handlers.Add(method.Name, (method.Version, async (json, context, cancellationToken) =>
            JsonSerializer.SerializeToElement(await handle(Read(json, method.Arguments), context, cancellationToken), method.Result)));
        return this;
    }

    /// <returns>Null for a method that this process doesn't know, or not in that version.</returns>
    internal Handler? Find(string method, int version) => handlers.TryGetValue(method, out var known) && version <= known.Version ? known.Handle : null;

    private static T Read<T>(JsonElement json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        json.Deserialize(type) ?? throw new JsonException("The message has no arguments.");
}
