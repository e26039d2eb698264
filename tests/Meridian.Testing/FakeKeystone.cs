// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Testing;

/// <summary>A user of <see cref="FakeKeystone"/>: one project of the same name, the roles told.</summary>
public sealed record FakeUser(string Name, params string[] Roles)
{
    /// <summary>32 hex, the same in every test.</summary>
    public string Id { get; } = FakeKeystone.IdOf("user " + Name);

    public string ProjectName { get; init; } = Name;

    public string ProjectId => FakeKeystone.IdOf("project " + ProjectName);

    /// <summary>Of the application credential that its tokens are of; null where they are the user's own.</summary>
    public IReadOnlyList<(string Service, string Method, string Path)>? AccessRules { get; init; }
}

/// <summary>
/// Stands for Keystone where a test is about another service: logs in its users (password "secret"), validates their tokens over HTTP as Keystone
/// does, and has a catalog that the test fills. The tokens of <see cref="TokenOf"/> are valid from the start.
/// </summary>
public sealed class FakeKeystone : IAsyncDisposable
{
    public const string Password = "secret";

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, (FakeUser User, DateTimeOffset Expires)> tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakeUser> users = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Type, string Region, string Url)> endpoints = new();
    private int validations;

    private FakeKeystone()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        app = builder.Build();
        app.UseRouting();
        app.MapGet("/", Discover);
        app.MapGet("/v3", Discover);
        app.MapPost("/v3/auth/tokens", (Delegate)LogInAsync);
        app.MapGet("/v3/auth/tokens", Validate);
        Add(new("admin", "admin", "manager", "member", "reader"));
        Add(new("demo", "member", "reader"));
        Add(new("reader", "reader") { ProjectName = "demo" });
        Add(new("other", "member", "reader"));
        foreach (var service in new[] { "nova", "glance", "placement", "neutron", "cinder" })
        {
            // As the installation guides make them: admin and service in the project "service".
            Add(new(service, "admin", "manager", "member", "reader", "service") { ProjectName = "service" });
        }
    }

    /// <summary>The URL with /v3.</summary>
    public string Url { get; private set; } = "";

    /// <summary>When true, every request is answered 503.</summary>
    public bool IsAway { get; set; }

    /// <summary>How many tokens were validated: tells whether a service caches.</summary>
    public int Validations => Volatile.Read(ref validations);

    public static async Task<FakeKeystone> StartAsync()
    {
        var keystone = new FakeKeystone();
        await keystone.app.StartAsync(TestContext.Current.CancellationToken);
        var address = keystone.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        keystone.Url = address + "/v3";
        return keystone;
    }

    /// <summary>A name's id: stable, 32 hex.</summary>
    public static string IdOf(string name) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    /// <summary>A token of one of the users (admin, demo, reader, other, nova …), valid for a day.</summary>
    public static string TokenOf(string user) => "token-of-" + user;

    public FakeUser User(string name) => users[name];

    /// <summary>Adds a user; its token is <see cref="TokenOf"/> of its name.</summary>
    public void Add(FakeUser user)
    {
        users[user.Name] = user;
        tokens[TokenOf(user.Name)] = (user, TimeProvider.System.GetUtcNow().AddDays(1));
    }

    /// <summary>A token with a life of its own; a negative one has expired.</summary>
    public string Issue(string user, TimeSpan life)
    {
        var token = Guid.NewGuid().ToString("N");
        tokens[token] = (users[user], TimeProvider.System.GetUtcNow() + life);
        return token;
    }

    public void Revoke(string token) => tokens.TryRemove(token, out _);

    /// <summary>Puts a service into the catalog, with its three interfaces at one URL.</summary>
    public void AddEndpoint(string serviceType, string region, string url) => endpoints.Enqueue((serviceType, region, url));

    /// <summary>[keystone_authtoken] as an operator writes it.</summary>
    public string AuthtokenSection(string serviceUser, string region = "RegionOne")
    {
        AddIdentity(region);
        return Section("keystone_authtoken", serviceUser, region) + $"www_authenticate_uri = {Url}\n";
    }

    /// <summary>A section such as [placement] of nova.conf.</summary>
    public string Section(string section, string serviceUser, string region = "RegionOne") => $"""
        [{section}]
        auth_type = password
        auth_url = {Url}
        username = {serviceUser}
        password = {Password}
        user_domain_name = Default
        project_name = service
        project_domain_name = Default
        region_name = {region}

        """;

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private void AddIdentity(string region)
    {
        if (!endpoints.Any(e => e.Type == "identity" && e.Region == region))
        {
            AddEndpoint("identity", region, Url);
        }
    }

    private IResult Discover() => Json(new JsonObject
    {
        ["version"] = new JsonObject { ["id"] = "v3.14", ["status"] = "stable", ["links"] = new JsonArray(new JsonObject { ["rel"] = "self", ["href"] = Url + "/" }) },
    });

    private async Task<IResult> LogInAsync(HttpContext context)
    {
        var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var asked = body?["auth"]?["identity"]?["password"]?["user"];
        var name = asked?["name"]?.GetValue<string>() ?? users.Values.FirstOrDefault(u => u.Id == asked?["id"]?.GetValue<string>())?.Name ?? "";
        if (IsAway)
        {
            return Results.StatusCode(503);
        }

        if (!users.TryGetValue(name, out var user) || asked?["password"]?.GetValue<string>() != Password)
        {
            return Unauthorized();
        }

        var token = Issue(name, TimeSpan.FromHours(1));
        context.Response.Headers["X-Subject-Token"] = token;
        return Json(Body(user, tokens[token].Expires, withCatalog: true), 201);
    }

    private IResult Validate(HttpContext context)
    {
        if (IsAway)
        {
            return Results.StatusCode(503);
        }

        if (!tokens.ContainsKey(context.Request.Headers["X-Auth-Token"].ToString()))
        {
            return Unauthorized();
        }

        Interlocked.Increment(ref validations);
        var subject = context.Request.Headers["X-Subject-Token"].ToString();
        if (!tokens.TryGetValue(subject, out var found)
            || (found.User.AccessRules is not null && !context.Request.Headers.ContainsKey("OpenStack-Identity-Access-Rules"))
            || (found.Expires < TimeProvider.System.GetUtcNow() && context.Request.Query["allow_expired"] != "1"))
        {
            return Json(new JsonObject { ["error"] = new JsonObject { ["code"] = 404, ["title"] = "Not Found", ["message"] = "Failed to validate token" } }, 404);
        }

        context.Response.Headers["X-Subject-Token"] = subject;
        return Json(Body(found.User, found.Expires, !context.Request.Query.ContainsKey("nocatalog")));
    }

    private JsonObject Body(FakeUser user, DateTimeOffset expires, bool withCatalog)
    {
        var domain = new JsonObject { ["id"] = "default", ["name"] = "Default" };
        var token = new JsonObject
        {
            ["methods"] = new JsonArray("password"),
            ["user"] = new JsonObject { ["id"] = user.Id, ["name"] = user.Name, ["domain"] = domain.DeepClone(), ["password_expires_at"] = null },
            ["project"] = new JsonObject { ["id"] = user.ProjectId, ["name"] = user.ProjectName, ["domain"] = domain.DeepClone() },
            ["is_domain"] = false,
            ["roles"] = new JsonArray([.. user.Roles.Select(role => new JsonObject { ["id"] = IdOf("role " + role), ["name"] = role })]),
            ["audit_ids"] = new JsonArray("AAAAAAAAAAAAAAAAAAAAAA"),
            ["issued_at"] = "2026-01-01T00:00:00.000000Z",
            ["expires_at"] = expires.ToString("yyyy-MM-ddTHH:mm:ss.000000Z"),
        };
        if (user.AccessRules is { } rules)
        {
            token["application_credential"] = new JsonObject
            {
                ["id"] = IdOf("application credential " + user.Name), ["name"] = user.Name, ["restricted"] = true,
                ["access_rules"] = new JsonArray([.. rules.Select(r => new JsonObject
                {
                    ["id"] = IdOf($"access rule {r}"), ["service"] = r.Service, ["method"] = r.Method, ["path"] = r.Path,
                })]),
            };
        }

        if (withCatalog)
        {
            token["catalog"] = new JsonArray([.. endpoints.GroupBy(e => e.Type).Select(service => new JsonObject
            {
                ["id"] = IdOf("service " + service.Key), ["type"] = service.Key, ["name"] = service.Key,
                ["endpoints"] = new JsonArray([.. service.SelectMany(e => new[] { "public", "internal", "admin" }.Select(i => new JsonObject
                {
                    ["id"] = IdOf($"endpoint {e} {i}"), ["interface"] = i, ["region"] = e.Region, ["region_id"] = e.Region, ["url"] = e.Url,
                }))]),
            })]);
        }

        return new() { ["token"] = token };
    }

    private static IResult Unauthorized() =>
        Json(new JsonObject { ["error"] = new JsonObject { ["code"] = 401, ["title"] = "Unauthorized", ["message"] = "The request you have made requires authentication." } }, 401);

    private static IResult Json(JsonObject body, int status = 200) => Results.Content(body.ToJsonString(), "application/json", statusCode: status);
}
