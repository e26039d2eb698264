// SPDX-License-Identifier: Apache-2.0
using Meridian.Compute.Servers;

namespace Meridian.Compute.Metadata;

/// <summary>What a guest may know of itself: the same content by HTTP and on the config drive.</summary>
internal sealed class InstanceMetadata
{
    public IReadOnlyDictionary<string, byte[]> ConfigDrive(Server server) => new Dictionary<string, byte[]>();
}
