// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using LinqToDB;
using LinqToDB.Async;

using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Identity.Tokens.Scopes;
using Meridian.Identity.Users;
using Meridian.Platform.Storage;

namespace Meridian.Identity.Trusts;

/// <summary><c>{"OS-TRUST:trust": {"id"}}</c>: the trustee takes up what he is trusted with. Source: identity v3 API, "OS-TRUST", "Consuming a trust".</summary>
internal sealed class TrustScope(Database database, TrustStore trusts, DelegationResolver delegations) : IAuthScope
{
    public const string Kind = "OS-TRUST:trust";

    public string Name => Kind;

    public ScopeCheck Read(JsonElement part)
    {
        AuthBody.Object(part, Name);
        var id = AuthBody.Text(part, "id") is { Length: > 0 } told ? told : throw Errors.Expecting("trust_id", "trust");
        return (user, cancellationToken) => ResolveAsync(id, user, cancellationToken);
    }

    /// <exception cref="Platform.Http.ApiException">401: no such trust now; 403: it is another's, or not backed any more.</exception>
    private async Task<TokenScope> ResolveAsync(string id, User user, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var trust = (await trusts.FindAsync(db, id, cancellationToken) ?? throw Errors.Unauthorized()).Trust;
        var project = await db.GetTable<Project>().FirstOrDefaultAsync(p => p.Id == trust.ProjectId && p.Enabled, cancellationToken) ?? throw Errors.Unauthorized();
        await delegations.GetTrustAsync(db, id, user.Id, project, cancellationToken);
        return new(TokenKind.Trust)
        {
            Project = project,
            TrustId = id,
            IssuedAsync = trust.RemainingUses is null ? null : token => trusts.ConsumeAsync(id, token),
        };
    }
}
