// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Servers;

namespace Meridian.Compute.Metadata;

/// <summary>The EC2 tree below meta-data/: names with values, and folders. Source: nova user guide, "Metadata service".</summary>
internal static class Ec2Metadata
{
    public static readonly string[] Versions =
        ["1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04", "latest"];

    /// <summary>Leaves by their path; a path with a slash lies in a folder.</summary>
    public static IEnumerable<(string Path, string? Value)> Of(Server server, string hostname, string version)
    {
        var ports = server.NetworkInfo();
        var ipv4 = ports.SelectMany(p => p.FixedIps).FirstOrDefault(ip => ip.Version == 4)?.Address ?? "";
        yield return ("ami-id", Id("ami", server.ImageId));
        yield return ("ami-launch-index", server.LaunchIndex.ToString());
        yield return ("ami-manifest-path", "FIXME");
        yield return ("hostname", hostname);
        yield return ("instance-id", $"i-{server.Number:x8}");
        yield return ("local-ipv4", ipv4);
        yield return ("reservation-id", server.ReservationId);
        yield return ("security-groups", string.Join('\n', ports.SelectMany(p => p.SecurityGroups).Distinct(StringComparer.Ordinal)));
        if (server.KeyData is not null)
        {
            yield return ("public-keys/0/openssh-key", server.KeyData);
        }

        if (InstanceMetadata.Has(version, "2007-01-19"))
        {
            yield return ("local-hostname", hostname);
            yield return ("public-hostname", hostname);
            yield return ("public-ipv4", ports.SelectMany(p => p.FloatingIps).FirstOrDefault() ?? "");
        }

        if (InstanceMetadata.Has(version, "2007-08-29"))
        {
            yield return ("instance-type", server.Flavor().Name);
        }

        if (InstanceMetadata.Has(version, "2007-12-15"))
        {
            yield return ("block-device-mapping/ami", "vda");
            yield return ("block-device-mapping/root", "/dev/vda");
        }

        if (InstanceMetadata.Has(version, "2008-02-01"))
        {
            yield return ("placement/availability-zone", server.Zone ?? "");
        }

        if (InstanceMetadata.Has(version, "2008-09-01"))
        {
            yield return ("instance-action", "none");
        }
    }

    // EC2 ids are eight hex digits; ours are the beginning of the image's.
    private static string? Id(string kind, string? id) => id is null ? "" : $"{kind}-{id[..8]}";
}
