// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Meridian.Testing;

namespace Meridian.Identity.Tests.Tokens;

/// <summary>fernet_rotate while tokens are issued and validated, by a node that rotates and one that gets the keys a rotation late.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private const int Workers = 4;
    private const int Rotations = 5;
    private const int RoundsBetween = 10;

    private readonly TemporaryFolder folder = new();
    private KeystoneFixture keystone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string LateKeys => folder.File("late");

    public async ValueTask InitializeAsync()
    {
        keystone = await KeystoneFixture.StartAsync($"[fernet_tokens]\nmax_active_keys = {Rotations + 2}\n");
        Directory.CreateDirectory(LateKeys);
        Copy();
    }

    public async ValueTask DisposeAsync()
    {
        await keystone.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Rotation_under_load_fails_no_validation()
    {
        await using var late = await AnotherKeystone.StartAsync(keystone, change: text => text.Replace(keystone.KeyRepository, LateKeys, StringComparison.Ordinal));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var rounds = new int[Workers];
        var failures = new ConcurrentQueue<string>();
        var workers = Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(late.Service, worker, rounds, failures, stop.Token), Cancellation)).ToList();

        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            var before = rounds.ToArray();
            await keystone.ManageAsync("fernet_rotate");
            Assert.True(await Wait.UntilAsync(() => rounds.Zip(before).All(pair => pair.First >= pair.Second + RoundsBetween)), $"no progress: {string.Join(", ", failures.Take(3))}");

            // The other node gets the keys only now: until then it knew the new primary as its staged key.
            Copy();
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);

        Assert.Empty(failures);
        Assert.Equal(Rotations + 2, Directory.GetFiles(keystone.KeyRepository).Length);
    }

    /// <summary>Issues tokens, and validates one of those issued so far at both nodes.</summary>
    private async Task WorkAsync(TestService late, int worker, int[] rounds, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        var tokens = new List<string>();
        var random = new Random(worker);
        while (!stop.IsCancellationRequested)
        {
            if (tokens.Count < 5 || rounds[worker] % 8 == 0)
            {
                tokens.Add(await keystone.TokenAsync("admin", KeystoneFixture.AdminPassword, "admin"));
            }

            var token = random.Next(2) == 0 ? tokens[^1] : tokens[random.Next(tokens.Count)];
            foreach (var (name, node) in new[] { ("rotating", keystone.Service), ("late", late) })
            {
                var status = await ValidateAsync(node, token);
                if (status != 200)
                {
                    failures.Enqueue($"{name} node: {status} in round {rounds[worker]}");
                }
            }

            Interlocked.Increment(ref rounds[worker]);
        }
    }

    private static async Task<int> ValidateAsync(TestService node, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens?nocatalog");
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", token);
        using var answer = await node.Client.SendAsync(request, Cancellation);
        return (int)answer.StatusCode;
    }

    /// <summary>As an operator copies a key repository: highest number first, each file whole or not at all.</summary>
    private void Copy()
    {
        foreach (var file in Directory.GetFiles(keystone.KeyRepository).OrderByDescending(f => int.Parse(Path.GetFileName(f), System.Globalization.CultureInfo.InvariantCulture)))
        {
            var part = folder.File("part");
            File.Copy(file, part, overwrite: true);
            File.Move(part, Path.Combine(LateKeys, Path.GetFileName(file)), overwrite: true);
        }
    }
}
