// SPDX-License-Identifier: Apache-2.0
using Microsoft.AspNetCore.Http;

namespace Meridian.Platform.Auth;

/// <summary>
/// The headers in which OpenStack's middlewares tell a service who asks. Here identity travels in RequestContext; what a client sends under these
/// names, in any case and with underscores for dashes, is dropped before anything reads it (OSSA-2026-001).
/// </summary>
internal static class IdentityHeaders
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "X-Identity-Status", "X-User-Id", "X-User-Name", "X-User-Domain-Id", "X-User-Domain-Name", "X-User", "X-Role", "X-Roles",
        "X-Project-Id", "X-Project-Name", "X-Project-Domain-Id", "X-Project-Domain-Name", "X-Tenant-Name", "X-Tenant", "X-Domain-Id", "X-Domain-Name",
        "X-Is-Admin-Project", "X-Service-Catalog", "X-Service-Identity-Status", "X-Service-Project-Id", "X-Service-Project-Name",
        "X-Service-Project-Domain-Id", "X-Service-Project-Domain-Name", "X-Service-User-Id", "X-Service-User-Name", "X-Service-User-Domain-Id",
        "X-Service-User-Domain-Name", "X-Service-Roles", "OpenStack-System-Scope", "X-Domain-Scope", "X-System-Scope", "X-Trust-Id",
    };

    public static void Remove(IHeaderDictionary headers)
    {
        List<string>? forged = null;
        foreach (var name in headers.Keys)
        {
            if (Names.Contains(name.Replace('_', '-')))
            {
                (forged ??= []).Add(name);
            }
        }

        foreach (var name in forged ?? [])
        {
            headers.Remove(name);
        }
    }
}
