// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Identity.Projects;
using Meridian.Platform.Config;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Tokens.Scopes;

/// <summary><c>{"domain": {"id" or "name"}}</c>.</summary>
internal sealed class DomainScope(Database database, ServiceConfig config) : IAuthScope
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

            await using var db = database.Open();
            return new(TokenKind.Domain) { DomainId = (await reference.FindDomainAsync(db, cancellationToken) ?? throw Errors.Unauthorized()).Id };
        };
    }
}
