// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;

namespace Meridian.Compute.Servers;

/// <summary>The body of POST /servers. Source: OpenStack Compute API reference, "Create Server".</summary>
internal sealed record CreateServerRequest
{
    public required string Name { get; init; }

    public required string FlavorRef { get; init; }

    public string? ImageRef { get; init; }

    /// <summary>Null where the body names none: the service chooses. Empty: none.</summary>
    public IReadOnlyList<RequestedNetwork>? Networks { get; init; }

    public string? KeyName { get; init; }

    /// <summary>Names or ids; null where the body has none.</summary>
    public IReadOnlyList<string>? SecurityGroups { get; init; }

    public string? UserData { get; init; }

    public Dictionary<string, string> Metadata { get; init; } = [];

    public bool ConfigDrive { get; init; }

    public string? AvailabilityZone { get; init; }

    public int MinCount { get; init; } = 1;

    public int MaxCount { get; init; } = 1;

    public bool ReturnReservationId { get; init; }

    public string? Description { get; init; }

    public List<string> Tags { get; init; } = [];

    public string? AccessIpv4 { get; init; }

    public string? AccessIpv6 { get; init; }

    public string? AdminPass { get; init; }

    public string DiskConfig { get; init; } = "MANUAL";

    public string? Host { get; init; }

    public string? HypervisorHostname { get; init; }

    public string? Hostname { get; init; }

    public Dictionary<string, string> SchedulerHints { get; init; } = [];

    /// <summary>The hint "group": a server group's id.</summary>
    public string? ServerGroup { get; init; }

    public static CreateServerRequest Read(RequestObject root, Microversion version)
    {
        var body = root.Object("server") ?? throw root.Missing("server");
        var hints = root.Object("os:scheduler_hints") ?? root.Object("OS-SCH-HNT:scheduler_hints");
        root.Done();
        var max = body.Integer("max_count", 1, int.MaxValue);
        var min = body.Integer("min_count", 1, int.MaxValue);
        var request = new CreateServerRequest
        {
            Name = body.Name("name", required: true)!,
            FlavorRef = ReadFlavor(body),
            ImageRef = ReadImage(body, ReadBlockDevices(body)),
            Networks = ReadNetworks(body, version),
            KeyName = body.Text("key_name", 1, 255, nullable: true),
            SecurityGroups = body.Objects("security_groups")?.Select(group =>
            {
                var name = group.Text("name", 1, 255, required: true)!;
                group.Done();
                return name;
            }).ToList(),
            UserData = ReadUserData(body),
            Metadata = body.Metadata("metadata") ?? [],
            ConfigDrive = body.Boolean("config_drive", nullable: true) ?? false,
            AvailabilityZone = body.Text("availability_zone", 1, 255, nullable: true),
            MinCount = (int)(min ?? 1),
            MaxCount = (int)(max ?? min ?? 1),
            ReturnReservationId = body.Boolean("return_reservation_id") ?? false,
            Description = version >= new Microversion(2, 19) ? body.Text("description", 0, 255, nullable: true) : null,
            Tags = version >= new Microversion(2, 52) ? ServerTags.Read(body, "tags") ?? [] : [],
            AccessIpv4 = ReadAddress(body, "accessIPv4", System.Net.Sockets.AddressFamily.InterNetwork),
            AccessIpv6 = ReadAddress(body, "accessIPv6", System.Net.Sockets.AddressFamily.InterNetworkV6),
            AdminPass = body.Text("adminPass"),
            DiskConfig = ReadDiskConfig(body),
            Host = version >= new Microversion(2, 74) ? body.Text("host", 1, 255) : null,
            HypervisorHostname = version >= new Microversion(2, 74) ? body.Text("hypervisor_hostname", 1, 255) : null,
            Hostname = version >= new Microversion(2, 90) ? ReadHostname(body, version) : null,
            ServerGroup = hints?.Uuid("group"),
            SchedulerHints = hints is null ? [] : hints.Names.ToDictionary(name => name, name => hints.Element(name)!.Value.GetRawText(), StringComparer.Ordinal),
        };
        ReadUnsupported(body, version);
        body.Done();
        if (request.MinCount > request.MaxCount)
        {
            throw new ApiException(400, "min_count must be <= max_count");
        }

        // Before 2.19 the description was the name.
        return version < new Microversion(2, 19) ? request with { Description = request.Name } : request;
    }

    private static string ReadFlavor(RequestObject body) =>
        body.Element("flavorRef") is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : LastPart(body.Text("flavorRef", 1, 255, required: true)!);

    // References may be whole URLs.
    private static string LastPart(string reference) =>
        reference.StartsWith("http", StringComparison.OrdinalIgnoreCase) ? reference[(reference.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/') : reference;

    private static string? ReadImage(RequestObject body, string? fromDevices)
    {
        var text = body.Text("imageRef", nullable: true);
        if (string.IsNullOrEmpty(text))
        {
            return fromDevices ?? throw new ApiException(400, "Invalid imageRef provided.");
        }

        var id = LastPart(text);
        return RequestObject.IsUuid(id) ? id : throw new ApiException(400, "Invalid imageRef provided.");
    }

    /// <summary>The one device that this service knows: the image as local root disk.</summary>
    private static string? ReadBlockDevices(RequestObject body)
    {
        if (body.Array("block_device_mapping") is { Count: > 0 })
        {
            throw new ApiException(400, "Block Device Mapping is Invalid: volumes are not available in this deployment.");
        }

        if (body.Objects("block_device_mapping_v2") is not { Count: > 0 } devices)
        {
            return null;
        }

        var device = devices[0];
        return devices.Count == 1 && device.Text("source_type") == "image" && device.Text("destination_type", nullable: true) is "local" or null && device.Uuid("uuid") is { } image
            ? image
            : throw new ApiException(400, "Block Device Mapping is Invalid: volumes are not available in this deployment.");
    }

    private static List<RequestedNetwork>? ReadNetworks(RequestObject body, Microversion version)
    {
        if (body.Element("networks") is not { } element)
        {
            return version >= new Microversion(2, 37) ? throw body.Missing("networks") : null;
        }

        if (element.ValueKind == JsonValueKind.String && version >= new Microversion(2, 37))
        {
            return element.GetString() switch
            {
                "none" => [],
                "auto" => null,
                var word => throw RequestObject.Invalid("networks", element, $"'{word}' is not valid under any of the given schemas"),
            };
        }

        var networks = body.Objects("networks")!.Select(network => ReadNetwork(network, version)).ToList();
        var ports = networks.Where(n => n.PortId is not null).Select(n => n.PortId).ToList();
        return ports.Distinct(StringComparer.Ordinal).Count() == ports.Count
            ? networks.Count == 0 && version < new Microversion(2, 37) ? null : networks
            : throw new ApiException(400, "Duplicate ports were requested.");
    }

    private static RequestedNetwork ReadNetwork(RequestObject network, Microversion version)
    {
        var read = new RequestedNetwork(
            network.Uuid("uuid"), network.Uuid("port", nullable: true), ReadFixedIp(network),
            version >= new Microversion(2, 32) && (version <= new Microversion(2, 36) || version >= new Microversion(2, 42)) ? network.Text("tag", 1, 60) : null);
        network.Done();
        return read.PortId is null && read.NetworkId is null ? throw new ApiException(400, "Bad network format: missing 'uuid'")
            : read is { PortId: not null, FixedIp: not null } ? throw new ApiException(400, $"Specified Fixed IP '{read.FixedIp}' cannot be used with port '{read.PortId}': the two cannot be specified together.")
            : read;
    }

    private static string? ReadFixedIp(RequestObject network)
    {
        var text = network.Text("fixed_ip");
        return text is null || IPAddress.TryParse(text, out _) ? text : throw new ApiException(400, $"Invalid input for field/attribute fixed_ip. Value: {text}. '{text}' is not a 'ipv4'");
    }

    private static string? ReadAddress(RequestObject body, string name, System.Net.Sockets.AddressFamily family)
    {
        var text = body.Text(name);
        return string.IsNullOrEmpty(text) ? null
            : IPAddress.TryParse(text, out var address) && address.AddressFamily == family ? address.ToString()
            : throw new ApiException(400, $"Invalid input for field/attribute {name}. Value: {text}. '{text}' is not a '{(family == System.Net.Sockets.AddressFamily.InterNetwork ? "ipv4" : "ipv6")}'");
    }

    private static string? ReadUserData(RequestObject body)
    {
        var text = body.Text("user_data", 0, 65535, nullable: true);
        return string.IsNullOrEmpty(text) ? null
            : Convert.TryFromBase64String(text, new byte[text.Length], out _) ? text
            : throw new ApiException(400, $"Invalid input for field/attribute user_data. Value: {(text.Length > 255 ? text[..255] + "…" : text)}. '{(text.Length > 32 ? text[..32] + "…" : text)}' is not a 'base64'");
    }

    private static string ReadDiskConfig(RequestObject body) => body.Text("OS-DCF:diskConfig") switch
    {
        null or "MANUAL" => "MANUAL",
        "AUTO" => "AUTO",
        var other => throw new ApiException(400, $"Invalid input for field/attribute OS-DCF:diskConfig. Value: {other}. '{other}' is not one of ['AUTO', 'MANUAL']"),
    };

    /// <summary>A label, from 2.94 on also several with dots between.</summary>
    public static string? ReadHostname(RequestObject body, Microversion version)
    {
        var text = body.Text("hostname", 1, version >= new Microversion(2, 94) ? 255 : 63);
        if (text is null)
        {
            return null;
        }

        var labels = version >= new Microversion(2, 94) ? text.Split('.') : [text];
        return labels.All(label => label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-')
            ? text
            : throw new ApiException(400, $"Invalid input for field/attribute hostname. Value: {text}. '{text}' is not a 'hostname'");
    }

    // Known to the API and not to this service: refused where they would have an effect.
    private static void ReadUnsupported(RequestObject body, Microversion version)
    {
        if (version < new Microversion(2, 57) && body.Objects("personality") is { Count: > 0 })
        {
            throw new ApiException(400, "File injection is not available in this deployment; use user_data instead.");
        }

        if (version >= new Microversion(2, 63) && body.Element("trusted_image_certificates") is { ValueKind: not JsonValueKind.Null })
        {
            throw new ApiException(400, "Image signatures are not verified in this deployment; trusted_image_certificates cannot be honoured.");
        }
    }
}

/// <summary>Tags of a server: 1 to 60 characters without comma or slash, at most 50.</summary>
internal static class ServerTags
{
    public const int Most = 50;

    public static List<string>? Read(RequestObject body, string name)
    {
        var tags = body.Array(name, 0, Most)?.Select(tag => tag.ValueKind == JsonValueKind.String && Fault(tag.GetString()!) is null
            ? tag.GetString()!
            : throw RequestObject.Invalid(name, tag, tag.ValueKind == JsonValueKind.String ? Fault(tag.GetString()!)! : $"{RequestObject.Shown(tag)} is not of type 'string'")).ToList();
        return tags?.Distinct(StringComparer.Ordinal).ToList();
    }

    /// <returns>Null for a tag that is one.</returns>
    public static string? Fault(string tag) =>
        tag.Length == 0 ? "'' is too short"
        : tag.Length > 60 ? $"'{(tag.Length > 255 ? tag[..255] : tag)}' is too long"
        : tag.AsSpan().ContainsAny(',', '/') ? $"'{tag}' does not match '^[^,/]*$'"
        : null;
}
