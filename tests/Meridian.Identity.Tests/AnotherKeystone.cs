// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform;
using Meridian.Testing;

namespace Meridian.Identity.Tests;

/// <summary>A second Keystone over the database of a first, as another process would be: it shares nothing but files.</summary>
public sealed class AnotherKeystone : IAsyncDisposable
{
    private readonly ProcessResources resources = new();

    private AnotherKeystone()
    {
    }

    public TestService Service { get; private set; } = null!;

    /// <param name="change">Changes the first one's configuration.</param>
    public static async Task<AnotherKeystone> StartAsync(KeystoneFixture first, TimeProvider? clock = null, Func<string, string>? change = null)
    {
        var text = (await File.ReadAllTextAsync(first.ConfigFile, TestContext.Current.CancellationToken))
            .Replace($"bind_port = {first.Service.Client.BaseAddress!.Port}", "bind_port = 0", StringComparison.Ordinal);
        var another = new AnotherKeystone();
        another.Service = await TestService.StartAsync(IdentityService.Definition(), change?.Invoke(text) ?? text, another.resources, clock: clock);
        return another;
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await resources.DisposeAsync();
    }
}
