// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Messaging;
using Meridian.Testing;
using Meridian.Testing.Engines;

using Microsoft.Extensions.Logging.Abstractions;

using RabbitMQ.Client;

namespace Meridian.Platform.Tests.Messaging;

[Trait("needs", "engines")]
public sealed class RabbitBusTests(RabbitMqFixture broker) : MessageBusContract
{
    [Fact]
    public async Task A_lost_connection_comes_back_by_itself()
    {
        await broker.StartAsync();
        await using var relay = new TcpRelay(broker.Host, broker.Port);
        await using var far = Bus(await broker.StartAsync("127.0.0.1", relay.Port));
        var heard = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var put = new BusMethod<Parcel>("put", ParcelJson.Default.Parcel);
        await using var listener = await far.ListenAsync(
            new BusEndpoint(Topic).On(put, (parcel, _, _) =>
            {
                heard.Enqueue(parcel.Text);
                return Task.CompletedTask;
            }),
            Token);
        await CastAsync(new(Topic), "before");
        Assert.True(await Wait.UntilAsync(() => heard.Contains("before")));

        relay.Cut();
        await CastAsync(new(Topic), "while away");
        await Assert.ThrowsAsync<BusUnavailableException>(() => far.CastAsync(new(Topic), put, new("lost"), null, Token));
        relay.Mend();

        Assert.True(await Wait.UntilAsync(() => heard.Contains("while away")));
        await far.CastAsync(new(Topic), put, new("after"), null, Token);
        Assert.True(await Wait.UntilAsync(() => heard.Contains("after")));
    }

    [Fact]
    public async Task Listening_does_not_wait_for_a_broker_that_is_away()
    {
        await using var far = Bus($"rabbit://a:b@127.0.0.1:{TestService.FreePort()}/");

        await using var listener = await far.ListenAsync(new BusEndpoint(Topic), Token);

        var error = await Assert.ThrowsAsync<BusUnavailableException>(() =>
            far.CastAsync(new(Topic), new BusMethod<Parcel>("put", ParcelJson.Default.Parcel), new("x"), null, Token));
        Assert.DoesNotContain("a:b", error.Message, StringComparison.Ordinal);
    }

    private protected override async Task<IMessageBus> OpenAsync() => Bus(await broker.StartAsync());

    private protected override async Task SendRawAsync(byte[] body)
    {
        var host = TransportUrl.Parse(await broker.StartAsync(), "test").Hosts[0];
        var factory = new ConnectionFactory { HostName = host.Host, Port = host.Port, UserName = host.User, Password = host.Password };
        await using var connection = await factory.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
        await channel.BasicPublishAsync("", RabbitBus.QueueOf(new(Topic)), body, Token);
    }

    private static RabbitBus Bus(string url) => new(
        TransportUrl.Parse(url, "test"), new(TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(100), null), TimeSpan.FromSeconds(20), TimeProvider.System,
        NullLogger<RabbitBus>.Instance);
}
