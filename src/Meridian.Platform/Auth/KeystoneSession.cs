// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Platform.Auth;

/// <summary>
/// A log-in at Keystone with the credential of one configuration section: one token a credential and process, fetched on first use, renewed before it
/// ends. Its catalog finds the neighbours of the configured region. Source: keystoneauth1 session and password plugin.
/// </summary>
public sealed class KeystoneSession
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(2);

    private readonly ServiceConfig config;
    private readonly AuthSection section;
    private readonly HttpClient http;
    private readonly TimeProvider clock;
    private readonly SemaphoreSlim login;
    private readonly Holder holder;

    public KeystoneSession(ServiceConfig config, AuthSection section, ProcessResources resources, TimeProvider clock)
    {
        var other = config.Get(section.AuthSectionName);
        this.section = other is null ? section : AuthSection.Declare(other);
        this.config = config;
        this.clock = clock;
        http = HttpClients.For(config, section, resources);
        holder = resources.Get(CredentialKey(), () => new Holder());
        login = holder.Login;
    }

    public string Section => section.Section;

    internal HttpClient Http => http;

    internal TimeSpan Timeout => config.Get(section.Timeout);

    /// <summary>Keystone's URL as configured, ending in /v3.</summary>
    /// <exception cref="NeighbourException">auth_url is not set.</exception>
    public string AuthUrl => KeystoneUrl.V3(Require(section.AuthUrl));

    public string? RegionName => config.Get(section.RegionName);

    /// <exception cref="NeighbourException">Keystone is away, or refuses the credential: says which file and section hold it.</exception>
    public async Task<string> GetTokenAsync(CancellationToken cancellationToken) => (await GetLoginAsync(cancellationToken)).Token;

    /// <summary>Forgets a token that a service refused, so that the next call logs in again.</summary>
    public void Forget(string token)
    {
        if (holder.Current?.Token == token)
        {
            holder.Current = null;
        }
    }

    /// <summary>The URL of a service in the configured region, from the catalog; endpoint_override wins.</summary>
    /// <exception cref="NeighbourException">The catalog has no such service in that region: names file and option, and never takes another region's.</exception>
    public async Task<string> GetEndpointAsync(AuthSection wanted, string serviceType, CancellationToken cancellationToken)
    {
        if (config.Get(wanted.EndpointOverride) is { } fixedUrl)
        {
            // A list of URLs ([glance] api_servers): the first.
            return fixedUrl.Split(',')[0].Trim().TrimEnd('/');
        }

        var region = config.Get(wanted.RegionName);
        var interfaces = config.Get(wanted.ValidInterfaces).Select(i => i.EndsWith("URL", StringComparison.Ordinal) ? i[..^3] : i).ToList();
        var current = await GetLoginAsync(cancellationToken);
        if (Find(current, serviceType, region, interfaces) is { } found)
        {
            return found;
        }

        // The catalog may have grown since the log-in: ask once more before refusing, at most every few seconds.
        if (clock.GetUtcNow() - current.At > TimeSpan.FromSeconds(2))
        {
            Forget(current.Token);
            current = await GetLoginAsync(cancellationToken);
            if (Find(current, serviceType, region, interfaces) is { } later)
            {
                return later;
            }
        }

        var regions = current.Catalog.Where(s => s.Type == serviceType).SelectMany(s => s.Endpoints).Select(e => e.RegionId ?? e.Region).Distinct().Order(StringComparer.Ordinal);
        throw new NeighbourException(
            $"The catalog has no {string.Join(" or ", interfaces)} endpoint of service type {serviceType} in region {region ?? "(any)"}, " +
            $"as {config.Describe(wanted.RegionName)} asks. It has that service in: {string.Join(", ", regions)}. " +
            $"Correct the option, or add the endpoint with: openstack endpoint create --region {region} {serviceType} internal URL");
    }

    private static string? Find(LoggedIn current, string serviceType, string? region, List<string> interfaces)
    {
        var endpoints = current.Catalog.Where(s => s.Type == serviceType).SelectMany(s => s.Endpoints)
            .Where(e => region is null || (e.RegionId ?? e.Region) == region).ToList();
        return interfaces.Select(i => endpoints.FirstOrDefault(e => e.Interface == i)?.Url.TrimEnd('/')).FirstOrDefault(url => url is not null);
    }

    private async Task<LoggedIn> GetLoginAsync(CancellationToken cancellationToken)
    {
        if (holder.Current is { } current && current.ExpiresAt - RenewBefore > clock.GetUtcNow())
        {
            return current;
        }

        await login.WaitAsync(cancellationToken);
        try
        {
            return holder.Current is { } other && other.ExpiresAt - RenewBefore > clock.GetUtcNow()
                ? other
                : holder.Current = await LogInAsync(cancellationToken);
        }
        finally
        {
            login.Release();
        }
    }

    private async Task<LoggedIn> LogInAsync(CancellationToken cancellationToken)
    {
        var url = AuthUrl + "/auth/tokens";
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            using var response = await http.PostAsJsonAsync(url, Body(), timeout.Token);
            if (response.StatusCode != HttpStatusCode.Created || !response.Headers.TryGetValues("X-Subject-Token", out var values))
            {
                throw new NeighbourException($"Keystone at {AuthUrl} refused the credential of section [{section.Section}] of {config.FileNames} with {(int)response.StatusCode}.");
            }

            var envelope = await response.Content.ReadFromJsonAsync(TokenJson.Default.TokenEnvelope, timeout.Token)
                ?? throw new NeighbourException($"Keystone at {AuthUrl} answered a log-in without a token body.");
            return new(values.First(), envelope.Token.Catalog ?? [], envelope.Token.ExpiresAt, clock.GetUtcNow());
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new NeighbourException($"Keystone at {AuthUrl} ({config.Describe(section.AuthUrl)}) does not answer: {exception.Message}", exception);
        }
    }

    private JsonObject Body()
    {
        if (config.Get(section.ApplicationCredentialId) is { } credential)
        {
            return new()
            {
                ["auth"] = new JsonObject
                {
                    ["identity"] = new JsonObject
                    {
                        ["methods"] = new JsonArray("application_credential"),
                        ["application_credential"] = new JsonObject { ["id"] = credential, ["secret"] = Require(section.ApplicationCredentialSecret) },
                    },
                },
            };
        }

        var user = new JsonObject { ["password"] = Require(section.Password) };
        if (config.Get(section.UserId) is { } userId)
        {
            user["id"] = userId;
        }
        else
        {
            user["name"] = Require(section.Username);
            user["domain"] = Domain(section.UserDomainId, section.UserDomainName);
        }

        JsonObject scope;
        if (config.Get(section.SystemScope) is not null)
        {
            scope = new() { ["system"] = new JsonObject { ["all"] = true } };
        }
        else if (config.Get(section.ProjectId) is { } projectId)
        {
            scope = new() { ["project"] = new JsonObject { ["id"] = projectId } };
        }
        else
        {
            scope = new() { ["project"] = new JsonObject { ["name"] = Require(section.ProjectName), ["domain"] = Domain(section.ProjectDomainId, section.ProjectDomainName) } };
        }

        return new()
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject { ["methods"] = new JsonArray("password"), ["password"] = new JsonObject { ["user"] = user } },
                ["scope"] = scope,
            },
        };
    }

    private JsonObject Domain(Option<string?> id, Option<string?> name) =>
        (config.Get(id) ?? config.Get(section.DefaultDomainId)) is { } domainId ? new() { ["id"] = domainId }
        : (config.Get(name) ?? config.Get(section.DefaultDomainName)) is { } domainName ? new() { ["name"] = domainName }
        : new() { ["id"] = "default" };

    private string Require(Option<string?> option) =>
        config.Get(option) ?? throw new NeighbourException($"{config.Describe(option)} is not set; it is needed to log in at Keystone.");

    private string CredentialKey() => string.Join('|', new[]
    {
        config.Get(section.AuthUrl), config.Get(section.Username), config.Get(section.UserId), config.Get(section.Password), config.Get(section.UserDomainName),
        config.Get(section.UserDomainId), config.Get(section.ProjectName), config.Get(section.ProjectId), config.Get(section.ProjectDomainName),
        config.Get(section.ProjectDomainId), config.Get(section.SystemScope), config.Get(section.ApplicationCredentialId), config.Get(section.ApplicationCredentialSecret),
    });

    private sealed record LoggedIn(string Token, IReadOnlyList<TokenService> Catalog, DateTimeOffset ExpiresAt, DateTimeOffset At);

    private sealed class Holder
    {
        public SemaphoreSlim Login { get; } = new(1, 1);

        public volatile LoggedIn? Current;
    }
}

/// <summary>A service that this one depends on is away, refuses it, or cannot be found. The caller sees 503; the operator's log says what to change.</summary>
public sealed class NeighbourException : ApiException
{
    public NeighbourException(string message, Exception? inner = null)
        : base(503, "A service that this request needs is not available at this time. Try again later.")
    {
        Detail = message;
        Cause = inner;
    }

    /// <summary>For the log: names URLs, files and options.</summary>
    public string Detail { get; }

    public Exception? Cause { get; }

    public override string ToString() => $"{Detail}\n{Cause}";
}
