// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Projects;
using Meridian.Platform.Config;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary><c>{"domain": {"id" or "name"}}</c>.</summary>
internal sealed class DomainScope(IdentityCache identities, ServiceConfig config) : IAuthScope
{
    public const string Kind = "domain";

    public string Name => Kind;

    public ScopeCheck Read(JsonElement part)
    {
        var reference = Reference.Read(part, Name, needDomain: false);
        return async (_, cancellationToken) =>
        {
            if (UrlSafety.Refuses(config, ProjectOptions.DomainNameUrlSafe, reference.Name))
            {
                throw Errors.Unauthorized();
            }

            return new(TokenKind.Domain) { DomainId = (await reference.FindDomainAsync(identities, cancellationToken) ?? throw Errors.Unauthorized()).Id };
        };
    }
}
