// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Http;
using Meridian.Compute.Services;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;
using Meridian.Platform.Sagas;
using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Http;

namespace Meridian.Compute.Servers;

/// <summary>What the handlers of servers share. Order of checks: the body's form, then loading, then policy, as nova's.</summary>
internal sealed class ServerContext(
    RequestContext context, ServerStore store, IPolicyEnforcer policy, ComputeRequest request, HostStore hosts, ServiceConfig config, Database database, ISagaQueue sagas)
{
    public RequestContext Context => context;

    public ServerStore Store => store;

    public IPolicyEnforcer Policy => policy;

    public ComputeRequest Request => request;

    public Database Database => database;

    public ISagaQueue Sagas => sagas;

    public ServiceConfig Config => config;

    public static ApiException NotFound(string id) => new(404, $"Instance {(id.Length > 255 ? id[..255] : id)} could not be found.");

    /// <summary>The server, where it exists and is the caller's project's or the caller is an admin. Another project's answers as a missing one.</summary>
    public async Task<Server> GetAsync(string id, CancellationToken cancellationToken, bool orDeleted = false)
    {
        var server = await store.FindForAllProjectsAsync(id, cancellationToken, orDeleted);
        return server is not null && (server.ProjectId == context.ProjectId || context.IsAdmin) ? server : throw NotFound(id);
    }

    public async Task<Server> GetAsync(string id, PolicyRule rule, CancellationToken cancellationToken)
    {
        var server = await GetAsync(id, cancellationToken);
        policy.Require(context, rule, new(server.ProjectId, server.UserId));
        return server;
    }

    public async Task<ServerView> ViewAsync(HttpRequest http, CancellationToken cancellationToken)
    {
        var target = new PolicyTarget(context.ProjectId);
        var rights = new ServerRights(
            policy.Allows(context, ServerPolicies.Attributes, target), policy.Allows(context, ServerPolicies.HostStatus, target), context.IsAdmin,
            policy.Allows(context, ServerPolicies.ShowExtraSpecs, target));
        var statuses = rights.HostStatus && context.Version >= new Microversion(2, 16) ? await HostStatusAsync(cancellationToken) : new Dictionary<string, string>();
        return new(request, request.Root(http), context.Version, rights, config.Get(NovaOptions.InstanceNameTemplate)!, statuses);
    }

    /// <summary>Refuses a change of a locked server, but to admins.</summary>
    public void CheckLock(Server server)
    {
        if (server.LockedBy is not null && !context.IsAdmin)
        {
            throw new ApiException(409, $"Instance {server.Id} is locked");
        }
    }

    /// <summary>Changes the server as it is now, however often others get in between.</summary>
    public async Task<Server> ChangeAsync(
        string id, Func<Server, Func<LinqToDB.Linq.IUpdatable<Server>, LinqToDB.Linq.IUpdatable<Server>>?> change, CancellationToken cancellationToken)
    {
        await store.ChangeAsync(id, change, cancellationToken);
        return await GetAsync(id, cancellationToken);
    }

    private async Task<Dictionary<string, string>> HostStatusAsync(CancellationToken cancellationToken) =>
        (await hosts.ListServicesAsync(cancellationToken)).Where(s => s.Binary == Service.Compute)
        .ToDictionary(s => s.Host, s => s.Disabled ? "MAINTENANCE" : hosts.IsUp(s) ? "UP" : "DOWN", StringComparer.Ordinal);
}
