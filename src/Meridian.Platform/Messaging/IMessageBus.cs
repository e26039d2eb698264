// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization.Metadata;

namespace Meridian.Platform.Messaging;

/// <summary>Where a message goes: any one listener of a topic, or with a server's name that one alone (a compute host's own queue).</summary>
public sealed record BusAddress(string Topic, string? Server = null)
{
    public override string ToString() => Server is null ? Topic : $"{Topic}.{Server}";
}

/// <summary>A message that wants no answer. Keep methods in static readonly fields beside their records.</summary>
/// <param name="Version">Raise it when an older process could not understand the arguments; it leaves such a message for a newer one.</param>
public sealed record BusMethod<TArguments>(string Name, JsonTypeInfo<TArguments> Arguments, int Version = 1);

/// <summary>A message whose sender waits for the result.</summary>
/// <inheritdoc cref="BusMethod{TArguments}" path="/param"/>
public sealed record BusMethod<TArguments, TResult>(string Name, JsonTypeInfo<TArguments> Arguments, JsonTypeInfo<TResult> Result, int Version = 1);

/// <summary>What came with a message beside its arguments.</summary>
/// <param name="RequestId">The request that it belongs to.</param>
/// <param name="IsRedelivered">True when it may have been handled before: handlers are idempotent.</param>
public sealed record BusContext(string Method, string? RequestId, bool IsRedelivered);

/// <summary>
/// The bus of one region (transport_url). Casts are delivered at least once, also to listeners that come later; nothing is shared by reference, in
/// one process either.
/// </summary>
public interface IMessageBus : IAsyncDisposable
{
    /// <summary>Returns once the bus has the message.</summary>
    /// <exception cref="BusUnavailableException">The broker is away: nothing was sent for sure.</exception>
    Task CastAsync<TArguments>(BusAddress to, BusMethod<TArguments> method, TArguments arguments, string? requestId, CancellationToken cancellationToken);

    /// <summary>To every listener of the topic at this moment; lost where nobody listens.</summary>
    /// <exception cref="BusUnavailableException">The broker is away.</exception>
    Task FanoutAsync<TArguments>(string topic, BusMethod<TArguments> method, TArguments arguments, string? requestId, CancellationToken cancellationToken);

    /// <param name="timeout">[DEFAULT] rpc_response_timeout when null.</param>
    /// <exception cref="RemoteException">The handler threw.</exception>
    /// <exception cref="BusTimeoutException">No answer came in time: whether the handler ran is not known.</exception>
    /// <exception cref="BusUnavailableException">The broker is away.</exception>
    Task<TResult> CallAsync<TArguments, TResult>(
        BusAddress to, BusMethod<TArguments, TResult> method, TArguments arguments, TimeSpan? timeout, string? requestId, CancellationToken cancellationToken);

    /// <summary>Listens until disposed, through the broker's absences; returns without waiting for a broker that is away.</summary>
    Task<IAsyncDisposable> ListenAsync(BusEndpoint endpoint, CancellationToken cancellationToken);
}

/// <summary>The handler of a call threw; this is what its process told of it.</summary>
/// <param name="type">Name of the exception's type there, without namespace.</param>
public sealed class RemoteException(string type, string message) : Exception(message)
{
    public string Type { get; } = type;

    public bool Is<TException>()
        where TException : Exception => Type == typeof(TException).Name;
}

public sealed class BusTimeoutException(BusAddress to, string method, TimeSpan timeout)
    : Exception($"No answer to {method} came from {to} within {timeout.TotalSeconds:0.#} s.");

/// <summary>The broker can't be reached or did not take the message.</summary>
public sealed class BusUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
