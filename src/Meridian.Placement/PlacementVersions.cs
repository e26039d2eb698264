// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Placement;

/// <summary>The versions that every mapped route follows whole. Source: placement's REST API version history.</summary>
internal static class PlacementVersions
{
    public static readonly MicroversionedApi Api = new("placement", new(1, 0), new(1, 39));

    /// <summary>True when the request's version is 1.<paramref name="minor"/> or later.</summary>
    public static bool AtLeast(this RequestContext context, int minor) => context.Version >= new Microversion(1, minor);
}
