// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Messaging;
using Meridian.Testing;

using Microsoft.Extensions.Logging;

namespace Meridian.Platform.Tests.Messaging;

public sealed class FakeBusTests : MessageBusContract
{
    private readonly FakeBroker broker = new();
    private readonly CountingLogger logger = new();

    private protected override Task<IMessageBus> OpenAsync() => Task.FromResult<IMessageBus>(new FakeBus(broker, TimeSpan.FromSeconds(20), logger));

    private protected override Task SendRawAsync(byte[] body)
    {
        broker.Queue(Topic).Put(new(body));
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_message_that_a_listener_left_is_never_offered_to_it_again()
    {
        await using var old = await ListenAsync("old");
        for (var i = 0; i < 20; i++)
        {
            await CastAsync(new(Topic), $"n{i}", version: 2);
        }

        Assert.True(await Wait.UntilAsync(() => logger.Warnings >= 20));
        await using var newer = await ListenAsync("newer", version: 2);

        for (var i = 0; i < 20; i++)
        {
            Assert.True(await Wait.UntilAsync(() => Heard($"newer n{i}")));
        }

        Assert.Equal(20, logger.Warnings);
    }

    [Fact]
    public async Task Messages_for_a_newer_process_do_not_keep_a_listener_from_the_others()
    {
        await using var old = await ListenAsync("old", concurrency: 1);
        for (var i = 0; i < 100; i++)
        {
            await CastAsync(new(Topic), $"n{i}", version: 2);
        }

        await CastAsync(new(Topic), "plain");

        Assert.True(await Wait.UntilAsync(() => Heard("old plain")));
    }

    private sealed class CountingLogger : ILogger<FakeBus>
    {
        private int warnings;

        public int Warnings => Volatile.Read(ref warnings);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
            {
                Interlocked.Increment(ref warnings);
            }
        }
    }
}
