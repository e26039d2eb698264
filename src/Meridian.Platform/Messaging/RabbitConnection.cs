// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

using RabbitMQ.Client;

namespace Meridian.Platform.Messaging;

/// <summary>One connection to the first host that answers, its publishing channels, and what was declared over it. Replaced whole when it breaks.</summary>
internal sealed partial class RabbitConnection : IAsyncDisposable
{
    // A call of the broker that takes longer than this isn't coming back.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private readonly IConnection connection;
    private readonly ConcurrentBag<IChannel> publishers = [];
    private readonly ConcurrentDictionary<string, bool> declared = new();

    private Action? lost;

    private RabbitConnection(IConnection connection)
    {
        this.connection = connection;
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            lost?.Invoke();
            return Task.CompletedTask;
        };
    }

    public bool IsOpen => connection.IsOpen;

    /// <exception cref="BusUnavailableException">No host answers.</exception>
    public static async Task<RabbitConnection> OpenAsync(TransportUrl url, RabbitSettings settings, ILogger logger, CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (var host in url.Hosts)
        {
            var factory = new ConnectionFactory
            {
                VirtualHost = url.VirtualHost, UserName = host.User, Password = host.Password, ClientProvidedName = "meridian",
                AutomaticRecoveryEnabled = false, RequestedHeartbeat = settings.Heartbeat, RequestedConnectionTimeout = ConnectTimeout,
                ContinuationTimeout = ConnectTimeout, HandshakeContinuationTimeout = ConnectTimeout,

                // A message above the library's own limit would end the connection, come again, and end it again.
                MaxInboundMessageBodySize = 512 * 1024 * 1024,
            };
            try
            {
                var endpoint = new AmqpTcpEndpoint(host.Host, host.Port, settings.Tls?.For(host.Host) ?? new SslOption(), factory.MaxInboundMessageBodySize);
                var opened = new RabbitConnection(await factory.CreateConnectionAsync([endpoint], cancellationToken));
                LogConnected(logger, host.Host, host.Port);
                return opened;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                last = e;
            }
        }

        throw new BusUnavailableException($"None of the message brokers of {url} answers: {last?.InnerException?.Message ?? last?.Message}", last);
    }

    /// <summary>Calls this once when the connection ends.</summary>
    public void OnLost(Action act) => lost += act;

    public Task<IChannel> OpenChannelAsync(CancellationToken cancellationToken) => connection.CreateChannelAsync(null, cancellationToken);

    /// <summary>A queue for work: it outlives listeners and the broker.</summary>
    public Task DeclareQueueAsync(string queue, CancellationToken cancellationToken) => DeclareAsync(
        queue, channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellationToken), cancellationToken);

    public Task DeclareFanoutAsync(string exchange, CancellationToken cancellationToken) => DeclareAsync(
        exchange, channel => channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken), cancellationToken);

    /// <summary>Returns once the broker has confirmed the message.</summary>
    public async Task PublishAsync(string exchange, string key, BasicProperties properties, byte[] body, CancellationToken cancellationToken)
    {
        var channel = await TakeAsync(cancellationToken);
        try
        {
            await channel.BasicPublishAsync(exchange, key, mandatory: false, properties, body, cancellationToken);
        }
        catch
        {
            await channel.DisposeAsync();
            throw;
        }

        publishers.Add(channel);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await connection.CloseAsync(200, "Goodbye", TimeSpan.FromSeconds(2), abort: true, CancellationToken.None);
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }

    private async Task DeclareAsync(string name, Func<IChannel, Task> declare, CancellationToken cancellationToken)
    {
        if (declared.ContainsKey(name))
        {
            return;
        }

        var channel = await TakeAsync(cancellationToken);
        try
        {
            await declare(channel);
        }
        catch
        {
            await channel.DisposeAsync();
            throw;
        }

        publishers.Add(channel);
        declared[name] = true;
    }

    /// <summary>A channel for one publisher at a time, with confirms.</summary>
    private async Task<IChannel> TakeAsync(CancellationToken cancellationToken)
    {
        while (publishers.TryTake(out var pooled))
        {
            if (pooled.IsOpen)
            {
                return pooled;
            }

            await pooled.DisposeAsync();
        }

        return await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to the message broker at {Host}:{Port}")]
    private static partial void LogConnected(ILogger logger, string host, int port);
}
