// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Platform.Messaging;

public sealed record TransportHost(string Host, int Port, string User, string Password);

/// <summary>
/// transport_url as oslo.messaging writes it: <c>driver://user:password@host:port,user2:password2@host2:port2/virtual_host?query</c>, percent-encoded,
/// IPv6 addresses in brackets.
/// </summary>
public sealed record TransportUrl(string Driver, IReadOnlyList<TransportHost> Hosts, string VirtualHost)
{
    private const int DefaultPort = 5672;
    private const string DefaultUser = "guest";

    /// <summary>True for the bus that reaches no further than its own process.</summary>
    public bool IsInProcess => Driver == "fake";

    /// <param name="describedAs">The option with its place, for the error.</param>
    /// <exception cref="ConfigException">It's no such URL; its text, which holds a password, isn't shown.</exception>
    public static TransportUrl Parse(string text, string describedAs)
    {
        var split = text.IndexOf("://", StringComparison.Ordinal);
        if (split <= 0)
        {
            throw new ConfigException($"{describedAs}: expected rabbit://user:password@host:port/virtual_host or fake://");
        }

        var driver = text[..split] switch
        {
            "rabbit" or "kombu+rabbit" => "rabbit",
            "fake" => "fake",
            var other => throw new ConfigException($"{describedAs}: bus \"{other}\" is not known; expected rabbit or fake"),
        };
        var rest = text[(split + 3)..].Split('?')[0];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var path = slash < 0 ? "" : Uri.UnescapeDataString(rest[(slash + 1)..]);
        var hosts = slash < 0 ? rest : rest[..slash];
        if (driver == "fake")
        {
            return new(driver, [], path);
        }

        List<TransportHost> parsed = [];
        foreach (var host in hosts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            parsed.Add(ParseHost(host, describedAs));
        }

        return new(driver, parsed.Count > 0 ? parsed : [new("localhost", DefaultPort, DefaultUser, DefaultUser)], path.Length == 0 ? "/" : path);
    }

    /// <summary>Never shows a password.</summary>
    public override string ToString() => $"{Driver}://{string.Join(',', Hosts.Select(h => $"{h.Host}:{h.Port}"))}/{VirtualHost}";

    private static TransportHost ParseHost(string text, string describedAs)
    {
        var at = text.LastIndexOf('@');
        var credentials = at < 0 ? [] : text[..at].Split(':', 2);
        var address = text[(at + 1)..];
        var colon = address.LastIndexOf(':');
        if (colon > address.LastIndexOf(']'))
        {
            return int.TryParse(address[(colon + 1)..], out var port) && port is > 0 and < 65536
                ? Build(address[..colon], port)
                : throw new ConfigException($"{describedAs}: the port of {address} must be a number from 1 to 65535");
        }

        return Build(address, DefaultPort);

        TransportHost Build(string host, int port)
        {
            host = host.Trim('[', ']');
            return host.Length == 0
                ? throw new ConfigException($"{describedAs}: a host's name is missing")
                : new(host, port,
                    credentials.Length > 0 ? Uri.UnescapeDataString(credentials[0]) : DefaultUser,
                    credentials.Length > 1 ? Uri.UnescapeDataString(credentials[1]) : credentials.Length > 0 ? "" : DefaultUser);
        }
    }
}
