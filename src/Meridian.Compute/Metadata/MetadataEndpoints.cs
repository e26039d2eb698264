// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

using LinqToDB;

using Meridian.Compute.Servers;
using Meridian.Platform.Config;
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Meridian.Compute.Metadata;

/// <summary>
/// What 169.254.169.254 answers. The network agent proxies guests' requests here and signs the server's id; nothing else a request carries says who asks
/// (OSSA 2013-033, OSSN-0074). Source: nova user guide, "Metadata service".
/// </summary>
internal static class MetadataEndpoints
{
    public static void MapMetadata(this WebApplication app)
    {
        app.MapMethods("/{**path}", [HttpMethods.Get, HttpMethods.Head], GetAsync).AllowAnonymous();
        app.MapPost("/openstack/{version}/password", SetPasswordAsync).AllowAnonymous();
    }

    private static async Task<IResult> GetAsync(
        string? path, HttpRequest http, ServiceConfig config, ServerStore servers, InstanceMetadata metadata, CancellationToken cancellationToken)
    {
        var parts = (path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            return Lines(Ec2Metadata.Versions);
        }

        var server = await AuthenticateAsync(http, config, servers, cancellationToken);
        if (parts[0] == "openstack")
        {
            return await GetOpenStackAsync(parts, server, metadata, cancellationToken);
        }

        return Ec2Metadata.Versions.Contains(parts[0], StringComparer.Ordinal) ? GetEc2(parts, server, metadata) : throw NotFound();
    }

    private static async Task<IResult> GetOpenStackAsync(string[] parts, Server server, InstanceMetadata metadata, CancellationToken cancellationToken)
    {
        if (parts.Length == 1)
        {
            return Lines(InstanceMetadata.OpenStackVersions);
        }

        var version = parts[1];
        if (!InstanceMetadata.OpenStackVersions.Contains(version, StringComparer.Ordinal))
        {
            throw NotFound();
        }

        if (parts.Length == 2)
        {
            return Lines(InstanceMetadata.Documents.Where(d => InstanceMetadata.Has(version, d.Since) && (d.Name != "user_data" || server.UserData is not null)).Select(d => d.Name));
        }

        var content = parts.Length == 3 ? await metadata.FindAsync(server, version, parts[2], cancellationToken) : null;
        return content is null ? throw NotFound()
            : TypedResults.Bytes(content, parts[2].EndsWith(".json", StringComparison.Ordinal) ? "application/json" : parts[2] == "user_data" ? "application/octet-stream" : "text/plain; charset=UTF-8");
    }

    private static IResult GetEc2(string[] parts, Server server, InstanceMetadata metadata)
    {
        switch (parts)
        {
            case [_]:
                return Lines(server.UserData is null ? ["meta-data/"] : ["meta-data/", "user-data"]);
            case [_, "user-data"]:
                return server.UserData is null ? throw NotFound() : TypedResults.Bytes(Convert.FromBase64String(server.UserData), "application/octet-stream");
            case [_, "meta-data", .. var rest]:
                return GetMetaData(string.Join('/', rest), server, Ec2Metadata.Of(server, metadata.HostnameOf(server), parts[0]));
            default:
                throw NotFound();
        }
    }

    private static IResult GetMetaData(string path, Server server, IEnumerable<(string Path, string? Value)> leaves)
    {
        var all = leaves.ToList();
        var leaf = all.FirstOrDefault(l => l.Path == path);
        if (leaf.Path is not null)
        {
            return Text(leaf.Value ?? "");
        }

        if (path == "public-keys" && server.KeyName is { } key && server.KeyData is not null)
        {
            return Text($"0={key}");
        }

        var prefix = path.Length == 0 ? "" : path + "/";
        var children = all.Where(l => l.Path.StartsWith(prefix, StringComparison.Ordinal)).Select(l =>
        {
            var rest = l.Path[prefix.Length..];
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? rest : rest[..(slash + 1)];
        }).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return children.Count == 0 ? throw NotFound() : Lines(children);
    }

    // Set once by the guest, encrypted with its user's key.
    private static async Task<IResult> SetPasswordAsync(
        string version, HttpRequest http, ServiceConfig config, ServerStore servers, CancellationToken cancellationToken)
    {
        var server = await AuthenticateAsync(http, config, servers, cancellationToken);
        if (!InstanceMetadata.OpenStackVersions.Contains(version, StringComparer.Ordinal) || !InstanceMetadata.Has(version, "2013-04-04"))
        {
            throw NotFound();
        }

        var buffer = new byte[1025];
        var length = await http.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > 1024)
        {
            throw new ApiException(400, "password length must be no more than 1020 characters.");
        }

        var password = Encoding.UTF8.GetString(buffer, 0, length);
        var stored = await servers.ChangeAsync(
            server.Id, current => string.IsNullOrEmpty(current.Password) ? update => update.Set(s => s.Password, password) : null, cancellationToken);
        return stored is null ? throw new ApiException(409, "The password is set already.") : TypedResults.Ok();
    }

    /// <exception cref="ApiException">400: not all headers are there. 403: the signature is not of this server. 404: no such server of that project.</exception>
    private static async Task<Server> AuthenticateAsync(HttpRequest http, ServiceConfig config, ServerStore servers, CancellationToken cancellationToken)
    {
        if (!config.Get(NeighbourOptions.ServiceMetadataProxy))
        {
            throw new ApiException(403, $"Metadata is served through the network service only: set service_metadata_proxy in section [neutron].");
        }

        var id = http.Headers["X-Instance-ID"].ToString();
        var project = http.Headers["X-Tenant-ID"].ToString();
        var signature = http.Headers["X-Instance-ID-Signature"].ToString();
        if (id.Length == 0 || http.Headers["X-Instance-ID"].Count != 1)
        {
            throw new ApiException(400, "X-Instance-ID header is missing from request.");
        }

        if (project.Length == 0 || http.Headers["X-Tenant-ID"].Count != 1)
        {
            throw new ApiException(400, "X-Tenant-ID header is missing from request.");
        }

        // Without a secret nobody could sign: nothing is believed.
        var secret = config.Get(NeighbourOptions.MetadataProxySharedSecret);
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret ?? ""), Encoding.UTF8.GetBytes(id)));
        if (string.IsNullOrEmpty(secret) || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(signature)))
        {
            throw new ApiException(403, "Invalid proxy request signature.");
        }

        var server = await servers.FindForAllProjectsAsync(id, cancellationToken);
        return server is not null && server.ProjectId == project ? server : throw NotFound();
    }

    private static ApiException NotFound() => new(404, "The resource could not be found.");

    private static IResult Lines(IEnumerable<string> lines) => Text(string.Join('\n', lines));

    private static IResult Text(string text) => TypedResults.Text(text, "text/plain; charset=UTF-8");
}

/// <summary>Guests' tools read statuses; the text is for people.</summary>
internal sealed class MetadataFaults : FaultStyle
{
    public override Task WriteAsync(HttpContext context, ApiException fault)
    {
        context.Response.ContentType = "text/plain; charset=UTF-8";
        return context.Response.WriteAsync($"{fault.Status} {Title(fault.Status)}\n\n{fault.Message}\n", context.RequestAborted);
    }
}
