// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Identity;
using Meridian.Identity.Assignments;
using Meridian.Identity.Catalog;
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Regions;
using Meridian.Identity.Roles;
using Meridian.Identity.Users;
using Meridian.Identity.Users.Passwords;
using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Bench.Identity;

/// <summary>What a large cloud's Keystone holds, put in through its store: too much for the API to make in a benchmark's time.</summary>
internal sealed class IdentityRows(string configFile)
{
    /// <summary>A user in <see cref="Groups"/> groups, each with an inherited role on the root of <see cref="NestedProjects"/> projects.</summary>
    public const string NestedUser = "nested";

    public const int Groups = 50;
    public const int NestedProjects = 1000;
    public const int Services = 9;

    private const int ChildrenOfEach = 10;

    /// <param name="password">Of every user: they share one hash.</param>
    public Task UsersAndProjectsAsync(int users, int projects, string password) => WriteAsync(async db =>
    {
        var hash = await HashAsync(password);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await db.BulkCopyAsync(Options, Enumerable.Range(0, projects).Select(i => NewProject($"project-{i:D6}", "default")));
        await db.BulkCopyAsync(Options, Enumerable.Range(0, users).Select(i => new User
        {
            Id = Id(), DomainId = "default", Name = $"user-{i:D6}", NameKey = $"user-{i:D6}", Enabled = true, PasswordHash = hash, PasswordChangedAt = now, CreatedAt = now,
        }));
        await NestAsync(db, hash, now);
    });

    public Task RegionsAsync(int count) => WriteAsync(async db =>
    {
        var services = Enumerable.Range(0, Services).Select(i => new Service { Id = Id(), Type = $"type-{i}", Name = $"service-{i}", Enabled = true }).ToList();
        var regions = Enumerable.Range(0, count).Select(i => new Region { Id = $"Region-{i:D3}" }).ToList();
        await db.BulkCopyAsync(Options, services);
        await db.BulkCopyAsync(Options, regions);
        await db.BulkCopyAsync(Options, from region in regions
                                        from service in services
                                        from kind in (string[])["public", "internal", "admin"]
                                        select new Endpoint
                                        {
                                            Id = Id(), ServiceId = service.Id, RegionId = region.Id, Interface = kind, Enabled = true,
                                            Url = $"http://{region.Id.ToLowerInvariant()}.example.org:8776/v3/%(project_id)s",
                                        });
    });

    private static BulkCopyOptions Options { get; } = new() { BulkCopyType = BulkCopyType.MultipleRows };

    private static async Task NestAsync(DataConnection db, string hash, DateTime now)
    {
        var user = new User { Id = Id(), DomainId = "default", Name = NestedUser, NameKey = NestedUser, Enabled = true, PasswordHash = hash, PasswordChangedAt = now, CreatedAt = now };
        var role = await db.GetTable<Role>().FirstAsync(r => r.Name == "member");
        var root = NewProject("nested-root", "default");
        List<Project> level = [root], all = [root];
        while (all.Count < NestedProjects)
        {
            level = [.. level.SelectMany(parent => Enumerable.Range(0, ChildrenOfEach).Select(i => NewProject($"{parent.Name}-{i}", parent.Id))).Take(NestedProjects - all.Count)];
            all.AddRange(level);
        }

        var groups = Enumerable.Range(0, Groups).Select(i => new Group { Id = Id(), DomainId = "default", Name = $"group-{i}", NameKey = $"group-{i}" }).ToList();
        await db.BulkCopyAsync(Options, [user]);
        await db.BulkCopyAsync(Options, all);
        await db.BulkCopyAsync(Options, groups);
        await db.BulkCopyAsync(Options, groups.Select(g => new GroupMember { GroupId = g.Id, UserId = user.Id }));
        await db.BulkCopyAsync(Options, groups.Select(g => new Assignment
        {
            ActorId = g.Id, ActorKind = AssignmentKinds.Group, TargetId = root.Id, TargetKind = AssignmentKinds.Project, RoleId = role.Id, Inherited = true,
        }));
    }

    private static Project NewProject(string name, string parent) =>
        new() { Id = Id(), DomainId = "default", ParentId = parent, Name = name, NameKey = name, Enabled = true };

    private static async Task<string> HashAsync(string password)
    {
        using var hasher = new PasswordHasher(new BcryptHash(KeystoneProcess.Rounds));
        return await hasher.HashAsync(password, CancellationToken.None);
    }

    private async Task WriteAsync(Func<DataConnection, Task> write)
    {
        await using var resources = new ProcessResources();
        var sources = new ConfigSources();
        sources.AddFile(configFile);
        var config = ServiceConfig.Load(sources, IdentityService.Options);
        var database = ServiceHost.OpenDatabase(config, DatabaseOptions.Connection, resources);
        await using var db = await database.BeginAsync(CancellationToken.None);
        await write(db);
        await Revisions.BumpAsync(db, catalogToo: true, CancellationToken.None);
        await db.CommitAsync(CancellationToken.None);
    }

    private static string Id() => Guid.NewGuid().ToString("N");
}
