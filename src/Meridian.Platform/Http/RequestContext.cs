// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Auth;

namespace Meridian.Platform.Http;

/// <summary>What is known of a request: ids, who asks, which version. One a request; the middlewares fill it, handlers read it.</summary>
public sealed class RequestContext
{
    /// <summary>req-&lt;uuid&gt;, made here.</summary>
    public string RequestId { get; internal set; } = "";

    /// <summary>The id under which the request began in another service; passed on to neighbours.</summary>
    public string? GlobalRequestId { get; internal set; }

    /// <summary>The validated token; null where the route needs none and none was sent.</summary>
    public TokenInfo? Token { get; set; }

    /// <summary>The token as sent, to act for the user before the answer is given; never stored.</summary>
    public string? TokenId { get; set; }

    /// <summary>True when a valid service token came with the request.</summary>
    public bool HasServiceToken { get; set; }

    /// <summary>Roles of the service token.</summary>
    public IReadOnlyList<string> ServiceRoles { get; set; } = [];

    public Microversion Version { get; set; }

    public string UserId => Token?.UserId ?? "";

    public string ProjectId => Token?.ProjectId ?? "";

    public IReadOnlyList<string> Roles => Token?.RoleNames ?? [];

    public bool HasRole(string name) => Token is not null && Token.RoleNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>True with the admin role: sees and changes other projects' resources by OpenStack's defaults.</summary>
    public bool IsAdmin => HasRole("admin");
}
