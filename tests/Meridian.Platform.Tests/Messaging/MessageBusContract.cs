// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Serialization;

using Meridian.Platform.Messaging;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Messaging;

internal sealed record Parcel(string Text, List<int>? Numbers = null);

internal sealed record Answer(string Text);

[JsonSerializable(typeof(Parcel))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class ParcelJson : JsonSerializerContext;

/// <summary>What every bus does; the in-process one and RabbitMQ pass the same tests.</summary>
public abstract class MessageBusContract : IAsyncLifetime
{
    private static readonly BusMethod<Parcel> Put = new("put", ParcelJson.Default.Parcel);
    private static readonly BusMethod<Parcel, Answer> Ask = new("ask", ParcelJson.Default.Parcel, ParcelJson.Default.Answer);
    private readonly string topic = "t" + Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentQueue<string> heard = new();

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected string Topic => topic;

    private protected IMessageBus Sender { get; private set; } = null!;

    private protected IMessageBus Receiver { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Sender = await OpenAsync();
        Receiver = await OpenAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Sender.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    private protected abstract Task<IMessageBus> OpenAsync();

    /// <summary>Puts bytes into the topic's queue past everything of ours.</summary>
    private protected abstract Task SendRawAsync(byte[] body);

    [Fact]
    public async Task A_cast_reaches_one_listener_of_the_topic()
    {
        await using var one = await ListenAsync("one");
        await using var two = await ListenAsync("two");

        for (var i = 0; i < 20; i++)
        {
            await CastAsync(new(topic), $"m{i}");
        }

        Assert.True(await Wait.UntilAsync(() => heard.Count >= 20));
        Assert.Equal(20, heard.Select(text => text.Split(' ')[1]).Distinct().Count());
        Assert.Equal(20, heard.Count);
    }

    [Fact]
    public async Task A_cast_to_a_server_reaches_that_one()
    {
        await using var one = await ListenAsync("one");
        await using var two = await ListenAsync("two");

        await CastAsync(new(topic, "two"), "hello");

        Assert.True(await Wait.UntilAsync(() => !heard.IsEmpty));
        Assert.Equal(["two hello"], heard);
    }

    [Fact]
    public async Task A_cast_waits_for_a_listener_that_comes_later()
    {
        await CastAsync(new(topic, "one"), "early");

        await using var one = await ListenAsync("one");

        Assert.True(await Wait.UntilAsync(() => heard.Contains("one early")));
    }

    [Fact]
    public async Task A_fanout_reaches_everybody()
    {
        await using var one = await ListenAsync("one");
        await using var two = await ListenAsync("two");

        await Sender.FanoutAsync(topic, Put, new("all"), null, Token);

        Assert.True(await Wait.UntilAsync(() => heard.Count == 2));
        Assert.Equal(["one all", "two all"], heard.Order());
    }

    [Fact]
    public async Task A_call_brings_its_answer_and_many_do_not_mix()
    {
        await using var one = await ListenAsync("one");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Sender.CallAsync(new(topic, "one"), Ask, new($"q{i}"), null, "req-1", Token)));

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"re: q{i} req-1"), answers.Select(answer => answer.Text));
    }

    [Fact]
    public async Task An_exception_of_the_handler_reaches_the_caller_as_itself()
    {
        await using var one = await ListenAsync("one");

        var error = await Assert.ThrowsAsync<RemoteException>(() => Sender.CallAsync(new(topic, "one"), Ask, new("fail"), null, null, Token));

        Assert.True(error.Is<InvalidDataException>());
        Assert.Equal("it is bad", error.Message);
    }

    [Fact]
    public async Task A_call_that_nobody_answers_times_out()
    {
        await Assert.ThrowsAsync<BusTimeoutException>(() =>
            Sender.CallAsync(new(topic, "nobody"), Ask, new("q"), TimeSpan.FromMilliseconds(300), null, Token));

        // The stale call is not handled by who comes later. The broker counts its life from when it arrived there, a little after the caller.
        var timedOut = Stopwatch.GetTimestamp();
        Assert.True(await Wait.UntilAsync(() => Stopwatch.GetElapsedTime(timedOut) > TimeSpan.FromSeconds(1)));
        await using var late = await ListenAsync("nobody");
        await CastAsync(new(topic, "nobody"), "after");
        Assert.True(await Wait.UntilAsync(() => heard.Contains("nobody after")));
        Assert.DoesNotContain("asked q", heard);
    }

    [Fact]
    public async Task Nothing_is_shared_by_reference()
    {
        Parcel? received = null;
        var sent = new Parcel("x", [1, 2]);
        await using var listener = await Receiver.ListenAsync(new BusEndpoint(topic).On(Put, (parcel, _, _) => Task.FromResult(received = parcel)), Token);

        await Sender.CastAsync(new(topic), Put, sent, null, Token);
        Assert.True(await Wait.UntilAsync(() => received is not null));
        sent.Numbers!.Add(3);

        Assert.Equal([1, 2], received!.Numbers!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"method\":null}")]
    [InlineData("{\"method\":\"put\",\"version\":1,\"arguments\":{\"text\":7}}")]
    [InlineData("{\"method\":\"put\",\"version\":1}")]
    public async Task Ossa_2013_026_a_malformed_message_does_not_end_the_listener(string body)
    {
        await using var one = await ListenAsync("one");

        await SendRawAsync(System.Text.Encoding.UTF8.GetBytes(body));
        await CastAsync(new(topic), "next");

        Assert.True(await Wait.UntilAsync(() => heard.Contains("one next")));
    }

    [Fact]
    public async Task Ossa_2013_026_a_huge_message_is_refused_by_the_sender_and_does_not_end_the_listener()
    {
        await using var one = await ListenAsync("one");

        await Assert.ThrowsAsync<ArgumentException>(() => Sender.CastAsync(new(topic), Put, new(new string('x', BusDispatcher.MaxBytes)), null, Token));
        await SendRawAsync(new byte[BusDispatcher.MaxBytes + 1]);
        await CastAsync(new(topic), "next");

        Assert.True(await Wait.UntilAsync(() => heard.Contains("one next")));
    }

    [Fact]
    public async Task A_message_of_a_newer_version_is_left_for_a_newer_process()
    {
        await using var old = await ListenAsync("old");
        await CastAsync(new(topic), "new", version: 2);
        await CastAsync(new(topic), "plain");
        Assert.True(await Wait.UntilAsync(() => heard.Contains("old plain")));

        await using var newer = await ListenAsync("newer", version: 2);

        Assert.True(await Wait.UntilAsync(() => heard.Contains("newer new")));
        Assert.DoesNotContain("old new", heard);
    }

    [Fact]
    public async Task A_handler_that_throws_loses_its_message_and_nothing_else()
    {
        await using var one = await ListenAsync("one");

        await CastAsync(new(topic, "one"), "fail");
        await CastAsync(new(topic, "one"), "next");

        Assert.True(await Wait.UntilAsync(() => heard.Contains("one next")));
    }

    [Fact]
    public async Task A_message_whose_listener_ends_is_given_to_another()
    {
        var begun = new TaskCompletionSource();
        var listener = await Receiver.ListenAsync(
            new BusEndpoint(topic).On(Put, async (_, _, cancellationToken) =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }),
            Token);
        await CastAsync(new(topic), "work");
        await begun.Task.WaitAsync(Wait.DefaultLimit, Token);
        await listener.DisposeAsync();

        await using var one = await ListenAsync("one");

        Assert.True(await Wait.UntilAsync(() => heard.Contains("one work")));
    }

    private protected Task<IAsyncDisposable> ListenAsync(string server, int version = 1, int concurrency = 64) => Receiver.ListenAsync(
        new BusEndpoint(topic, server) { Concurrency = concurrency }
            .On(Put with { Version = version }, (parcel, _, _) =>
            {
                heard.Enqueue($"{server} {parcel.Text}");
                return parcel.Text == "fail" ? throw new InvalidDataException("it is bad") : Task.CompletedTask;
            })
            .On(Ask, (parcel, context, _) =>
            {
                heard.Enqueue($"asked {parcel.Text}");
                return parcel.Text == "fail" ? throw new InvalidDataException("it is bad") : Task.FromResult(new Answer($"re: {parcel.Text} {context.RequestId}"));
            }),
        Token);

    private protected Task CastAsync(BusAddress to, string text, int version = 1) =>
        Sender.CastAsync(to, Put with { Version = version }, new(text), null, Token);

    private protected bool Heard(string text) => heard.Contains(text);
}
