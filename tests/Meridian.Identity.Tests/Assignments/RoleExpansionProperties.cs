// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using LinqToDB;

using Meridian.Identity.Assignments;
using Meridian.Identity.Groups;
using Meridian.Identity.Projects;
using Meridian.Identity.Roles;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Tests.Assignments;

/// <summary>What roles come to (by groups, inherited from above, implied) against a model that tries everything.</summary>
public sealed class RoleExpansionProperties(IdentityApi api) : IClassFixture<IdentityApi>
{
    private static readonly string[] Users = ["u0", "u1", "u2"];
    private static readonly string[] Groups = ["g0", "g1"];
    private static readonly string[] Domains = ["d0", "d1"];

    private static readonly Gen<World> Worlds =
        from parents in Gen.Int[0, 100].Array[0, 6]
        from members in Gen.Bool.Array[Users.Length * Groups.Length]
        from domainRoles in Gen.Int[0, 4].Array[1, 5]
        from implied in Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4]).Array[0, 6]
        from grants in Gen.Select(Gen.Int[0, 4], Gen.Int[0, 100], Gen.Int[0, 4], Gen.Bool).Array[0, 8]
        select World.Build(parents, members, domainRoles, implied, grants);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Tokens_and_listings_have_the_roles_of_the_naive_model() => Worlds.SampleAsync(
        async world =>
        {
            var services = api.Keystone.Service.Host.Services;
            await StoreAsync(world, services.GetRequiredService<Database>());
            services.GetRequiredService<Revisions>().Advance(catalogToo: false);
            var (resolver, query) = (services.GetRequiredService<RoleResolver>(), services.GetRequiredService<RoleAssignmentQuery>());
            var expected = world.Effective().ToHashSet();

            await CheckTokensAsync(world, expected, resolver);
            await CheckListingAsync(expected, new() { Effective = true }, query, _ => true);
            await CheckListingAsync(expected, new() { Effective = true, UserId = "u1" }, query, e => e.User == "u1");
            await CheckListingAsync(expected, new() { Effective = true, RoleId = "r1", DomainId = "d0" }, query, e => e is { Role: "r1", Kind: AssignmentKinds.Domain, Target: "d0" });
            await CheckListingAsync(expected, new() { Effective = true, System = true }, query, e => e.Kind == AssignmentKinds.System);
            foreach (var project in world.Projects)
            {
                var below = world.Projects.Where(p => world.Above(p).Contains(project.Id)).Select(p => p.Id).Append(project.Id).ToHashSet(StringComparer.Ordinal);
                await CheckListingAsync(expected, new() { Effective = true, ProjectId = project.Id }, query, e => e.Target == project.Id);
                await CheckListingAsync(expected, new() { Effective = true, ProjectId = project.Id, IncludeSubtree = true }, query, e => below.Contains(e.Target));
            }
        },
        iter: 150, threads: 1);

    private static async Task CheckTokensAsync(World world, HashSet<Held> expected, RoleResolver resolver)
    {
        foreach (var user in Users)
        {
            foreach (var project in world.Projects)
            {
                Check(expected, user, AssignmentKinds.Project, project.Id, await resolver.OnProjectAsync(user, project, Cancellation));
            }

            foreach (var domain in Domains)
            {
                Check(expected, user, AssignmentKinds.Domain, domain, await resolver.OnDomainAsync(user, domain, Cancellation));
            }

            Check(expected, user, AssignmentKinds.System, AssignmentKinds.SystemId, await resolver.OnSystemAsync(user, Cancellation));
        }
    }

    private static void Check(HashSet<Held> expected, string user, string kind, string target, IReadOnlyList<Role> roles) => Assert.Equal(
        expected.Where(e => e.User == user && e.Kind == kind && e.Target == target).Select(e => e.Role).Order(StringComparer.Ordinal),
        roles.Select(r => r.Id).Order(StringComparer.Ordinal));

    private static async Task CheckListingAsync(HashSet<Held> expected, AssignmentFilter filter, RoleAssignmentQuery query, Func<Held, bool> isWanted)
    {
        var lines = (await query.ListAsync(filter, Cancellation)).Lines.Select(l => new Held(l.ActorId, l.TargetKind, l.TargetId, l.RoleId)).ToList();

        Assert.Equal(lines.Count, lines.Distinct().Count());
        Assert.Equal(expected.Where(isWanted).Select(e => e.ToString()).Order(StringComparer.Ordinal), lines.Select(l => l.ToString()).Order(StringComparer.Ordinal));
    }

    private static async Task StoreAsync(World world, Database database)
    {
        await using var db = await database.BeginAsync(Cancellation);
        await db.GetTable<Assignment>().DeleteAsync(Cancellation);
        await db.GetTable<ImpliedRole>().DeleteAsync(Cancellation);
        await db.GetTable<Role>().DeleteAsync(Cancellation);
        await db.GetTable<GroupMember>().DeleteAsync(Cancellation);
        await db.GetTable<Project>().DeleteAsync(Cancellation);
        foreach (var row in world.Projects.Concat(Domains.Select(d => new Project { Id = d, Name = d, NameKey = d, IsDomain = true, Enabled = true })))
        {
            await db.InsertAsync(row, token: Cancellation);
        }

        foreach (var row in world.Roles)
        {
            await db.InsertAsync(row, token: Cancellation);
        }

        foreach (var row in world.Implied)
        {
            await db.InsertAsync(row, token: Cancellation);
        }

        foreach (var row in world.Members)
        {
            await db.InsertAsync(row, token: Cancellation);
        }

        foreach (var row in world.Grants)
        {
            await db.InsertAsync(row, token: Cancellation);
        }

        await db.CommitAsync(Cancellation);
    }

    private sealed record Held(string User, string Kind, string Target, string Role);

    private sealed record World(
        IReadOnlyList<Project> Projects, IReadOnlyList<Role> Roles, IReadOnlyList<ImpliedRole> Implied, IReadOnlyList<GroupMember> Members, IReadOnlyList<Assignment> Grants)
    {
        public static World Build(int[] parents, bool[] members, int[] domainRoles, (int, int)[] implied, (int Actor, int Target, int Role, bool Inherited)[] grants)
        {
            var projects = new List<Project>();
            foreach (var parent in parents)
            {
                // A domain, or one of the projects before it.
                var (id, place) = ($"p{projects.Count}", parent % (Domains.Length + projects.Count));
                var above = place < Domains.Length ? null : projects[place - Domains.Length];
                projects.Add(new() { Id = id, Name = id, NameKey = id, Enabled = true, DomainId = above?.DomainId ?? Domains[place], ParentId = above?.Id ?? Domains[place] });
            }

            var roles = domainRoles.Select((d, i) => new Role { Id = $"r{i}", Name = $"r{i}", NameKey = $"r{i}", DomainId = d == 0 ? "d0" : "" }).ToList();
            return new(
                projects, roles,
                [.. implied.Where(i => i.Item1 < roles.Count && i.Item2 < roles.Count).Distinct().Select(i => new ImpliedRole { PriorRoleId = $"r{i.Item1}", ImpliedRoleId = $"r{i.Item2}" })],
                [.. members.Select((isIn, i) => (isIn, i)).Where(m => m.isIn).Select(m => new GroupMember { UserId = Users[m.i % Users.Length], GroupId = Groups[m.i / Users.Length] })],
                [.. grants.Where(g => g.Role < roles.Count).Select(g => Grant(g, projects)).DistinctBy(g => (g.ActorId, g.TargetId, g.RoleId, g.Inherited))]);
        }

        /// <summary>Everybody's roles everywhere, found by looking at every grant for every user and target.</summary>
        public IEnumerable<Held> Effective() =>
            from user in Users
            from target in TargetsOf(Projects)
            from role in Reach(Grants.Where(g => IsActor(g, user) && Counts(g, target.Kind, target.Id)).Select(g => g.RoleId))
            where Roles.Single(r => r.Id == role).DomainId.Length == 0
            select new Held(user, target.Kind, target.Id, role);

        public HashSet<string> Above(Project project)
        {
            var above = new HashSet<string>(StringComparer.Ordinal);
            for (var p = project; p is not null; p = Projects.FirstOrDefault(other => other.Id == p.ParentId))
            {
                above.Add(p.ParentId!);
            }

            return above;
        }

        private static IEnumerable<(string Kind, string Id)> TargetsOf(IReadOnlyList<Project> projects) =>
        [
            .. projects.Select(p => (AssignmentKinds.Project, p.Id)), .. Domains.Select(d => (AssignmentKinds.Domain, d)), (AssignmentKinds.System, AssignmentKinds.SystemId),
        ];

        private static Assignment Grant((int Actor, int Target, int Role, bool Inherited) grant, List<Project> projects)
        {
            var actors = Users.Select(u => (AssignmentKinds.User, u)).Concat(Groups.Select(g => (AssignmentKinds.Group, g))).ToList();
            var targets = TargetsOf(projects).ToList();
            var ((actorKind, actor), (targetKind, target)) = (actors[grant.Actor], targets[grant.Target % targets.Count]);
            return new()
            {
                ActorKind = actorKind, ActorId = actor, TargetKind = targetKind, TargetId = target, RoleId = $"r{grant.Role}",
                Inherited = grant.Inherited && targetKind != AssignmentKinds.System,
            };
        }

        private bool IsActor(Assignment grant, string user) => grant.ActorKind == AssignmentKinds.User ? grant.ActorId == user : Members.Any(m => m.UserId == user && m.GroupId == grant.ActorId);

        private bool Counts(Assignment grant, string kind, string id) => grant.Inherited
            ? kind == AssignmentKinds.Project && Above(Projects.Single(p => p.Id == id)).Contains(grant.TargetId)
            : grant.TargetKind == kind && grant.TargetId == id;

        private HashSet<string> Reach(IEnumerable<string> roles)
        {
            var reached = roles.ToHashSet(StringComparer.Ordinal);
            for (var before = -1; before != reached.Count;)
            {
                before = reached.Count;
                reached.UnionWith(Implied.Where(i => reached.Contains(i.PriorRoleId)).Select(i => i.ImpliedRoleId).ToList());
            }

            return reached;
        }
    }
}
