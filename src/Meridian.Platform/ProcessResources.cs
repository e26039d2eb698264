// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Meridian.Platform.Storage;

namespace Meridian.Platform;

/// <summary>
/// What the programs of one process share because the outside has it only once: a database file's write gate, an in-process bus, a log-in.
/// Everything is found by its URL or credential, so that a program cannot tell whether others share it (DESIGN 1 and 2).
/// </summary>
public sealed class ProcessResources : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<object>> shared = new(StringComparer.Ordinal);

    /// <summary>The database at this URL, opened on first use.</summary>
    public Database Database(string url, string describedAs, string synchronous = "FULL") =>
        Get("database " + url, () => Storage.Database.Open(DatabaseUrl.Parse(url, describedAs), synchronous));

    /// <summary>The one object of this key; made on first use, disposed with the process.</summary>
    public T Get<T>(string key, Func<T> make)
        where T : class =>
        (T)shared.GetOrAdd(typeof(T).FullName + " " + key, _ => new Lazy<object>(() => make())).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var lazy in shared.Values.Where(lazy => lazy.IsValueCreated))
        {
            switch (lazy.Value)
            {
                case IAsyncDisposable disposable: await disposable.DisposeAsync(); break;
                case IDisposable disposable: disposable.Dispose(); break;
            }
        }

        shared.Clear();
    }
}
