// SPDX-License-Identifier: Apache-2.0
using System.Text;

using Meridian.Platform.Caching;
using Meridian.Testing;
using Meridian.Testing.Engines;

using Microsoft.Extensions.Time.Testing;

namespace Meridian.Platform.Tests.Caching;

[Trait("needs", "engines")]
public sealed class MemcachedClientTests(MemcachedFixture server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_set_is_found_until_it_is_deleted()
    {
        using var cache = new MemcachedClient([await server.StartAsync()], TimeProvider.System);
        var value = Encoding.UTF8.GetBytes("é\r\nEN\r\n😀");

        Assert.Null(await cache.GetAsync("absent", Token));
        Assert.True(await cache.SetAsync("k", value, TimeSpan.FromMinutes(1), Token));
        Assert.Equal(value, await cache.GetAsync("k", Token));
        Assert.True(await cache.DeleteAsync("k", Token));
        Assert.Null(await cache.GetAsync("k", Token));
    }

    [Fact]
    public async Task Large_and_empty_values_come_back_whole()
    {
        using var cache = new MemcachedClient([await server.StartAsync()], TimeProvider.System);
        var large = new byte[500_000];
        Random.Shared.NextBytes(large);

        await cache.SetAsync("large", large, TimeSpan.FromMinutes(1), Token);
        await cache.SetAsync("empty", ReadOnlyMemory<byte>.Empty, TimeSpan.FromMinutes(1), Token);

        Assert.Equal(large, await cache.GetAsync("large", Token));
        Assert.Empty((await cache.GetAsync("empty", Token))!);
        Assert.False(await cache.SetAsync("huge", new byte[MemcachedClient.MaxValueBytes + 1], TimeSpan.FromMinutes(1), Token));
    }

    [Fact]
    public async Task Many_at_once_never_mix()
    {
        using var cache = new MemcachedClient([await server.StartAsync()], TimeProvider.System);

        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Token }, async (i, token) =>
        {
            await cache.SetAsync($"mix{i}", BitConverter.GetBytes(i), TimeSpan.FromMinutes(1), token);
            Assert.Equal(BitConverter.GetBytes(i), await cache.GetAsync($"mix{i}", token));
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\r\nflush_all")]
    public async Task Keys_that_could_be_commands_are_refused(string key)
    {
        using var cache = new MemcachedClient([await server.StartAsync()], TimeProvider.System);

        await Assert.ThrowsAsync<ArgumentException>(() => cache.GetAsync(key, Token));
    }

    [Fact]
    public async Task A_server_that_is_away_is_a_miss_and_is_tried_again_later()
    {
        var address = (await server.StartAsync()).Split(':');
        await using var relay = new TcpRelay(address[0], int.Parse(address[1]));
        var clock = new FakeTimeProvider();
        using var cache = new MemcachedClient([$"127.0.0.1:{relay.Port}"], clock);
        Assert.True(await cache.SetAsync("away", new byte[] { 1 }, TimeSpan.FromMinutes(1), Token));

        relay.Cut();
        Assert.Null(await cache.GetAsync("away", Token));
        relay.Mend();
        Assert.Null(await cache.GetAsync("away", Token));
        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, Assert.Single((await cache.GetAsync("away", Token))!));
    }
}
