// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity.Assignments;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Auth;
using Meridian.Platform.Storage;

namespace Meridian.Identity;

/// <summary>
/// The users, projects and roles that tokens stand for, kept as long as nothing changes: every write starts anew (<see cref="Revisions"/>), and so does every minute,
/// since log-ins note their time without one. What was not found is not kept. Rows are shared: nobody changes them.
/// </summary>
internal sealed class IdentityCache(Database database, Revisions revisions, RoleResolver roles, TimeProvider clock)
{
    /// <summary>Some hundred bytes each; when it is full, everything goes.</summary>
    private const int MaxEntries = 10_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private volatile Generation current = new(-1, 0);

    /// <summary>Not for checking passwords: those are compared with what is stored now.</summary>
    public ValueTask<User?> UserAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(new("user", id), db => db.GetTable<User>().FirstOrDefaultAsync(u => u.Id == id, cancellationToken), cancellationToken);

    /// <summary>A project, or a domain: that is a project too.</summary>
    public ValueTask<Project?> ProjectAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(new("project", id), db => db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == id, cancellationToken), cancellationToken);

    /// <param name="domainId">Empty for a domain itself.</param>
    public ValueTask<Project?> ProjectAsync(string domainId, string name, CancellationToken cancellationToken)
    {
        var key = NameKey.Of(name);
        return GetAsync(
            new("project by name", domainId, key),
            db => db.GetTable<Project>().FirstOrDefaultAsync(p => p.DomainId == domainId && p.NameKey == key, cancellationToken), cancellationToken);
    }

    /// <summary>What the user has on the token's scope; none when it has no scope.</summary>
    public async ValueTask<IReadOnlyList<TokenRole>> RolesAsync(TokenPayload scope, Project? project, CancellationToken cancellationToken) =>
        await GetAsync(
            new("roles", scope.UserId, project?.Id ?? scope.DomainId ?? "", scope.Kind.ToString()),
            async _ => await LoadRolesAsync(scope, project, cancellationToken) is { Count: > 0 } held ? TokenRoles(held) : null, cancellationToken)
        ?? [];

    public static IReadOnlyList<TokenRole> TokenRoles(IReadOnlyList<Role> roles) => [.. roles.Select(r => new TokenRole(r.Id, r.Name))];

    /// <summary>The last second that revocations of the user, his domain or the scope reach; 0 without any.</summary>
    public async ValueTask<long> LastRevokedAsync(string userId, string userDomainId, string? projectId, string? domainId, CancellationToken cancellationToken) =>
        (await GetAsync(
            new("revoked", userId, projectId ?? domainId ?? ""),
            async db => new Second(await RevocationStore.LastAsync(db, userId, userDomainId, projectId, domainId, cancellationToken)), cancellationToken))!.Value;

    private async Task<IReadOnlyList<Role>> LoadRolesAsync(TokenPayload scope, Project? project, CancellationToken cancellationToken) => scope.Kind switch
    {
        TokenKind.Project => await roles.OnProjectAsync(scope.UserId, project!, cancellationToken),
        TokenKind.Domain => await roles.OnDomainAsync(scope.UserId, scope.DomainId!, cancellationToken),
        TokenKind.System => await roles.OnSystemAsync(scope.UserId, cancellationToken),
        _ => [],
    };

    private async ValueTask<T?> GetAsync<T>(Key key, Func<DataConnection, Task<T?>> load, CancellationToken cancellationToken)
        where T : class
    {
        await revisions.RefreshAsync(cancellationToken);
        var generation = Current();
        if (generation.Find(key) is { } known)
        {
            return (T)known;
        }

        await using var db = database.Open();
        var found = await load(db);
        if (found is not null)
        {
            generation.Add(key, found);
        }

        return found;
    }

    /// <summary>Read before the rows: what a write changes meanwhile is in a generation that nobody asks any more.</summary>
    private Generation Current()
    {
        var (generation, revision) = (current, revisions.IdentityRevision);
        if (generation.Revision != revision || clock.GetElapsedTime(generation.Since) > Lifetime || generation.IsFull)
        {
            current = generation = new(revision, clock.GetTimestamp());
        }

        return generation;
    }

    private readonly record struct Key(string Kind, string One, string Two = "", string Three = "");

    private sealed record Second(long Value);

    private sealed class Generation(long revision, long since)
    {
        private readonly ConcurrentDictionary<Key, object> entries = new();

        // The dictionary's own count locks all of it.
        private int count;

        public long Revision => revision;

        public long Since => since;

        public bool IsFull => Volatile.Read(ref count) >= MaxEntries;

        public object? Find(Key key) => entries.GetValueOrDefault(key);

        public void Add(Key key, object found)
        {
            if (entries.TryAdd(key, found))
            {
                Interlocked.Increment(ref count);
            }
        }
    }
}
