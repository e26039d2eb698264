// SPDX-License-Identifier: Apache-2.0
using Meridian.Contracts.Image;
using Meridian.Contracts.Network;
using Meridian.Contracts.Placement;
using Meridian.Platform;
using Meridian.Platform.Auth;
using Meridian.Platform.Config;

namespace Meridian.Compute;

/// <summary>
/// The services that compute calls, as the sections of nova.conf name them: [placement], [neutron], [glance]. Where a section has no log-in of its own,
/// that of [keystone_authtoken] serves.
/// </summary>
internal sealed class Neighbours
{
    private readonly ServiceLink placement;
    private readonly ServiceLink neutron;
    private readonly ServiceLink glance;

    public Neighbours(ServiceConfig config, ProcessResources resources, TimeProvider clock)
    {
        placement = Link(NeighbourOptions.Placement, "placement");
        neutron = Link(NeighbourOptions.Neutron, "network");
        glance = Link(NeighbourOptions.Glance, "image");

        ServiceLink Link(AuthSection section, string serviceType)
        {
            var login = config.IsSet(section.AuthUrl) || config.IsSet(section.AuthSectionName) ? section : KeystoneAuthtokenOptions.Auth;
            return new(new KeystoneSession(config, login, resources, clock), section, config.Get(section.ServiceType) ?? serviceType);
        }
    }

    public PlacementClient Placement(string? requestId) => new(placement, requestId);

    /// <summary>As the service user.</summary>
    public NetworkClient Network(string? requestId) => new(neutron, requestId: requestId);

    /// <summary>As the user of the request: sees what that user sees.</summary>
    public NetworkClient NetworkOf(string userToken, string? requestId) => new(neutron, userToken, requestId);

    /// <summary>As the service user.</summary>
    public ImageClient Image(string? requestId) => new(glance, requestId: requestId);

    public ImageClient ImageOf(string userToken, string? requestId) => new(glance, userToken, requestId);
}
