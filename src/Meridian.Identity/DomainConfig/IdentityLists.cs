// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Platform.Config;

namespace Meridian.Identity.DomainConfig;

/// <summary>Which domain a list of users or groups is of, and how long it is. Source: Keystone's identity manager, which asks the driver of the domain.</summary>
internal sealed class IdentityLists(DomainConfigStore store, ServiceConfig config)
{
    /// <summary>The only domain whose users or groups a request may list; null for all.</summary>
    public string? DomainOf(IdentityRequest request) => request.DomainScope ?? (config.Get(DomainConfigOptions.DriversEnabled) ? Asked(request) : null);

    /// <summary>The query of a list of users or groups.</summary>
    public Task<ListRequest> ListAsync(IdentityRequest request, CancellationToken cancellationToken) =>
        ListAsync(request, Asked(request), cancellationToken);

    /// <param name="domainId">Whose configuration may bound the list: of the user whose groups are listed, or of the group whose users are.</param>
    public async Task<ListRequest> ListAsync(IdentityRequest request, string? domainId, CancellationToken cancellationToken)
    {
        var configured = domainId is not null && config.Get(DomainConfigOptions.DriversEnabled) && config.Get(DomainConfigOptions.FromDatabase)
            ? await store.ListAsync(domainId, DomainConfigOptions.IdentityListLimit.Section, DomainConfigOptions.IdentityListLimit.Name, cancellationToken)
            : [];
        return configured is [{ Value: var json }] && int.TryParse(json.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var own) && own > 0
            ? request.List(own)
            : request.List(DomainConfigOptions.IdentityListLimit);
    }

    // A text with a NUL is no id: the list's filters refuse it.
    private static string? Asked(IdentityRequest request) =>
        request.HttpRequest.Query["domain_id"] is [{ Length: > 0 } asked, ..] && !asked.Contains('\0', StringComparison.Ordinal) ? asked
        : request.DomainScope ?? request.Token?.Info.Project?.Domain?.Id;
}
