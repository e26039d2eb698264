// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Compute;

internal static class ComputeVersions
{
    public static readonly Microversion Lowest = new(2, 1);

    /// <summary>The highest version up to which every change that touches a mapped route is done (DESIGN 12).</summary>
    public static readonly Microversion Highest = new(2, 96);

    public static readonly MicroversionedApi Api = new("compute", Lowest, Highest, "X-OpenStack-Nova-API-Version");
}
