// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Reflection;

using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Http;

/// <summary>Where a program's API listens.</summary>
public sealed record ListenAddress(string Host, int Port)
{
    /// <exception cref="ConfigException">The host is neither an address nor a name that resolves to one.</exception>
    public IPEndPoint Resolve(string describedAs)
    {
        if (IPAddress.TryParse(Host.Trim('[', ']'), out var address))
        {
            return new(address, Port);
        }

        var found = Dns.GetHostAddresses(Host);
        return found.Length > 0 ? new(found[0], Port) : throw new ConfigException($"{describedAs}: \"{Host}\" is neither an address nor a name that resolves to one.");
    }
}

/// <summary>
/// A program of OpenStack (nova-api, glance-api …) as Meridian has it: what it reads, where it listens, what it maps. One such definition is hosted
/// alone by the program of that name, or beside the others by <c>meridian up</c>; nothing in it can tell which.
/// </summary>
public sealed class ServiceDefinition
{
    /// <summary>OpenStack's name of the program: nova-api.</summary>
    public required string Program { get; init; }

    /// <summary>Service type in the catalog (compute), null for programs without an API.</summary>
    public string? ServiceType { get; init; }

    /// <summary>The file that its options stand in: nova.conf.</summary>
    public required string ConfigFileName { get; init; }

    /// <summary>Every option that the program reads, the common ones included (<see cref="CommonOptions"/>).</summary>
    public required IReadOnlyList<Option> Options { get; init; }

    /// <summary>Options that operators write and that have no effect here, with the reason.</summary>
    public IReadOnlyList<RetiredOption> Retired { get; init; } = [];

    /// <summary>Null for a program without a listener.</summary>
    public Func<ServiceConfig, ListenAddress>? Listen { get; init; }

    public FaultStyle? Faults { get; init; }

    /// <summary>The option that holds the database URL; null for a program that needs no database.</summary>
    public Option<string?>? Connection { get; init; }

    /// <summary>Where the migrations of that database are.</summary>
    public Assembly? Migrations { get; init; }

    /// <summary>A second header that repeats the request id (x-compute-request-id).</summary>
    public string? RequestIdHeader { get; init; }

    /// <summary>True where tokens are validated with keystonemiddleware's rules before handlers run.</summary>
    public bool ValidatesTokens { get; init; }

    /// <summary>The policy rules that the program asks; none for one without an API.</summary>
    public IReadOnlyList<PolicyRule> Policies { get; init; } = [];

    /// <summary>What those rules see of a token.</summary>
    public Func<TokenInfo, PolicyCredentials> PolicyCredentials { get; init; } = PolicyEnforcerExtensions.ToPolicyCredentials;

    public Action<IServiceCollection, ServiceConfig> Services { get; init; } = static (_, _) => { };

    /// <summary>Maps the routes; routes that need no token say <c>.AllowAnonymous()</c>.</summary>
    public Action<WebApplication> Map { get; init; } = static _ => { };

    /// <summary>Options that every program declares.</summary>
    public static IReadOnlyList<Option> CommonOptions { get; } =
        [.. DefaultOptions.All, .. DatabaseOptions.All, .. MiddlewareOptions.All, .. OsloPolicyOptions.All, .. ListenerTlsOptions.All, .. Messaging.MessagingOptions.All];
}

/// <summary>What a program is hosted with: its configuration, what it shares with others of the process, where it logs.</summary>
public sealed record ServiceEnvironment(ServiceConfig Config, ProcessResources Resources)
{
    /// <summary>Region that this program's configuration names; a tag of logs and metrics.</summary>
    public string? Region { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Adds or replaces services: tests put fakes at the seams, the host adds exporters.</summary>
    public Action<IServiceCollection>? Override { get; init; }

    /// <summary>Sets up logging; nothing is logged where null.</summary>
    public Action<Microsoft.Extensions.Logging.ILoggingBuilder>? Logging { get; init; }

    /// <summary>Migrate the database before starting: <c>up</c> and tests; a service process never does (DESIGN 6).</summary>
    public bool MigrateOnStart { get; init; }

    /// <summary>Called with the application before routing: the host puts /metrics there.</summary>
    public Action<WebApplication>? Extend { get; init; }
}
