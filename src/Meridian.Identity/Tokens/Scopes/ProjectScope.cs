// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Projects;
using Meridian.Platform.Config;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary><c>{"project": {"id"}}</c> or <c>{"project": {"name", "domain"}}</c>.</summary>
internal sealed class ProjectScope(IdentityCache identities, ServiceConfig config) : IAuthScope
{
    public const string Kind = "project";

    public string Name => Kind;

    public ScopeCheck Read(JsonElement part)
    {
        var reference = Reference.Read(part, Name, needDomain: true);
        return async (_, cancellationToken) =>
        {
            if (UrlSafety.Refuses(config, ProjectOptions.ProjectNameUrlSafe, reference.Name) || UrlSafety.Refuses(config, ProjectOptions.DomainNameUrlSafe, reference.Domain?.Name))
            {
                throw Errors.Unauthorized();
            }

            return new(TokenKind.Project) { Project = await reference.FindProjectAsync(identities, cancellationToken) ?? throw Errors.Unauthorized() };
        };
    }
}
