// SPDX-License-Identifier: Apache-2.0

using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Meridian.Platform.Ovsdb;

/// <summary>
/// Keeps a copy of some tables of one database (RFC 7047, with ovsdb-server(7)'s <c>monitor_cond_since</c>), reconnects with back-off,
/// and runs transactions. Connects in the background from the first use; a server that is away is no error until somebody needs it.
/// </summary>
public sealed partial class OvsdbClient : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private readonly IReadOnlyList<OvsdbEndpoint> endpoints;
    private readonly string database;
    private readonly IReadOnlyList<OvsdbMonitor> monitors;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly OvsdbReplica replica;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private TaskCompletionSource<OvsdbSession> ready = NewReady();
    private Task? loop;
    private string lastTransaction = Guid.Empty.ToString("D");
    private Exception? lastFailure;

    public OvsdbClient(
        IReadOnlyList<OvsdbEndpoint> endpoints, string database, IReadOnlyList<OvsdbMonitor> monitors, TimeProvider? clock = null, ILogger? logger = null)
    {
        this.endpoints = endpoints;
        this.database = database;
        this.monitors = monitors;
        this.clock = clock ?? TimeProvider.System;
        this.logger = logger ?? NullLogger.Instance;
        replica = new(monitors);
    }

    /// <summary>Raised on the reading thread after an update has been applied whole; handlers must be quick and must not throw.</summary>
#pragma warning disable MA0046 // There is no sender to tell apart: who subscribes holds the client.
    public event Action<IReadOnlyList<OvsdbChange>>? Changed;
#pragma warning restore MA0046

    /// <summary>Whether the copy is current: connected, with the first content received.</summary>
    public bool IsConnected => ready.Task.IsCompletedSuccessfully;

    /// <summary>The server's schema; null before the first connection.</summary>
    public OvsdbSchema? Schema { get; private set; }

    /// <exception cref="ArgumentException">The table is not among the monitored ones.</exception>
    public OvsdbTable Table(string name) => replica.Table(name);

    /// <summary>Returns once the copy is current.</summary>
    /// <exception cref="OvsdbUnavailableException">Not within the limit.</exception>
    public async Task ConnectAsync(TimeSpan limit, CancellationToken cancellationToken) => await SessionAsync(limit, cancellationToken);

    /// <summary>Runs the transaction; when it returns, the copy shows what it wrote.</summary>
    /// <returns>The uuids of inserted rows, in order.</returns>
    /// <exception cref="OvsdbException">An operation was refused: nothing was changed.</exception>
    public async Task<IReadOnlyList<Guid>> TransactAsync(OvsdbTransaction transaction, CancellationToken cancellationToken)
    {
        if (transaction.IsEmpty)
        {
            return [];
        }

        var session = await SessionAsync(ConnectTimeout, cancellationToken);
        var answer = await session.CallAsync("transact", transaction.ToJson(database), cancellationToken);
        var inserted = new List<Guid>();
        var index = 0;
        foreach (var result in answer.EnumerateArray())
        {
            // A failed commit adds one more element than there are operations (RFC 7047 section 4.1.3).
            if (result.ValueKind == JsonValueKind.Object && result.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            {
                throw OvsdbSession.Error(result);
            }

            if (transaction.Inserts.ContainsKey(index) && result.TryGetProperty("uuid", out var uuid))
            {
                inserted.Add(Guid.Parse(uuid[1].GetString()!));
            }

            index++;
        }

        return inserted;
    }

    /// <summary>Waits until the condition holds for the copy; it is asked now and after each update.</summary>
    /// <exception cref="TimeoutException"/>
    public async Task WaitForAsync(Func<OvsdbClient, bool> condition, TimeSpan limit, CancellationToken cancellationToken)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Check(IReadOnlyList<OvsdbChange> changes)
        {
            if (condition(this))
            {
                met.TrySetResult();
            }
        }

        Changed += Check;
        try
        {
            await SessionAsync(limit, cancellationToken);
            Check([]);
            await met.Task.WaitAsync(limit, clock, cancellationToken);
        }
        finally
        {
            Changed -= Check;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (loop is not null)
        {
            await loop;
        }

        stopping.Dispose();
    }

    private static TaskCompletionSource<OvsdbSession> NewReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<OvsdbSession> SessionAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Task<OvsdbSession> current;
        lock (gate)
        {
            loop ??= Task.Run(RunAsync, CancellationToken.None);
            current = ready.Task;
        }

        try
        {
            return await current.WaitAsync(limit, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new OvsdbUnavailableException(
                $"no connection to the OVSDB database {database} at {string.Join(',', endpoints)} within {limit.TotalSeconds:0} s: {lastFailure?.Message ?? "no answer"}", lastFailure);
        }
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            var endpoint = endpoints[failures % endpoints.Count];
            var connected = false;
            try
            {
                await ServeAsync(endpoint, () => connected = true);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                lastFailure = error;
                if (connected || failures == 0)
                {
                    LogLost(database, endpoint.ToString(), error.Message);
                }
            }

            failures = connected ? 0 : failures + 1;
            var wait = TimeSpan.FromMilliseconds(Math.Min(8000, 100 << Math.Min(failures / endpoints.Count, 7)) * (0.75 + (Random.Shared.NextDouble() / 2)));
            await Task.Delay(wait, clock, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(OvsdbEndpoint endpoint, Action onConnected)
    {
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        connecting.CancelAfter(ConnectTimeout);
        using var serving = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        await using var session = new OvsdbSession(await endpoint.ConnectAsync(connecting.Token), OnNotification);
        var reading = session.RunAsync(serving.Token);
        try
        {
            await RequireLeaderAsync(session, connecting.Token);
            connecting.CancelAfter(Timeout.InfiniteTimeSpan);
            Schema = new(await session.CallAsync("get_schema", [database], stopping.Token));
            await MonitorAsync(session, Schema);
            onConnected();
            LogConnected(database, endpoint.ToString());
            ready.TrySetResult(session);
            await reading;
        }
        finally
        {
            lock (gate)
            {
                if (ready.Task.IsCompleted)
                {
                    ready = NewReady();
                }
            }

            await serving.CancelAsync();
            await reading.ContinueWith(static t => t.Exception, TaskScheduler.Default);
        }
    }

    /// <summary>Of a cluster only the leader is used, so that what was written is read back at once (ovsdb(7), "Clustered Database Service Model").</summary>
    private async Task RequireLeaderAsync(OvsdbSession session, CancellationToken cancellationToken)
    {
        if (endpoints.Count == 1)
        {
            return;
        }

        var select = new JsonObject
        {
            ["op"] = "select", ["table"] = "Database", ["where"] = new JsonArray(new JsonArray("name", "==", database)), ["columns"] = new JsonArray("leader", "model"),
        };
        var rows = (await session.CallAsync("transact", new("_Server", select), cancellationToken))[0].GetProperty("rows");
        if (rows.GetArrayLength() > 0 && rows[0].GetProperty("model").ValueEquals("clustered") && !rows[0].GetProperty("leader").GetBoolean())
        {
            throw new OvsdbUnavailableException("the server is not the leader of its cluster");
        }
    }

    /// <summary>The first content is applied where it is read: an update that comes right behind it must not be applied before it, and undone by it.</summary>
    private async Task MonitorAsync(OvsdbSession session, OvsdbSchema schema)
    {
        var (requests, known) = replica.Begin(schema);
        try
        {
            await session.CallAsync("monitor_cond_since", [database, "meridian", requests.DeepClone(), lastTransaction], stopping.Token, answer =>
            {
                lastTransaction = answer[1].GetString()!;
                Publish(replica.ApplyInitial(answer[2], complete: !(known && answer[0].GetBoolean())));
            });
        }
        catch (OvsdbException error) when (error is not OvsdbUnavailableException && error.Error == "unknown method")
        {
            await session.CallAsync(
                "monitor_cond", [database, "meridian", requests], stopping.Token, answer => Publish(replica.ApplyInitial(answer, complete: true)));
        }
    }

    private void OnNotification(string method, JsonElement parameters)
    {
        if (method == "update3")
        {
            lastTransaction = parameters[1].GetString()!;
            Publish(replica.Apply(parameters[2]));
        }
        else if (method == "update2")
        {
            Publish(replica.Apply(parameters[1]));
        }
    }

    private void Publish(IReadOnlyList<OvsdbChange> changes)
    {
        if (changes.Count > 0)
        {
            Changed?.Invoke(changes);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "OVSDB {Database}: connected to {Endpoint}")]
    private partial void LogConnected(string database, string endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "OVSDB {Database}: connection to {Endpoint} lost or refused, trying again: {Reason}")]
    private partial void LogLost(string database, string endpoint, string reason);
}
