// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Credentials;

/// <summary>/v3/credentials. Source: identity v3 API, "Credentials".</summary>
internal static class CredentialEndpoints
{
    private static readonly string[] Known = ["blob", "project_id", "type", "user_id"];

    public static void MapCredentials(this RouteGroupBuilder api)
    {
        var credentials = api.MapGroup("/credentials");
        credentials.MapRead("", ListAsync);
        credentials.MapPost("", CreateAsync);
        credentials.MapRead("/{id}", ShowAsync);
        credentials.MapPatch("/{id}", UpdateAsync);
        credentials.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(IdentityRequest request, CredentialStore store, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        request.Require(CredentialPolicies.List, token.Info.IsSystemScoped ? null : CredentialPolicies.OwnedBy(token.Info.UserId));

        // Whoever may see a credential that is nobody's sees all; everybody else his own (OSSA-2019-006).
        var userId = request.Allows(CredentialPolicies.Get) ? null : token.Info.UserId;
        var list = request.List();
        var page = await store.ListAsync(list, userId, Delegation.Bound(token.Payload), cancellationToken);
        return list.Answer("credentials", request.Url("credentials"), page, (writer, credential) => CredentialView.Write(writer, credential, request));
    }

    private static async Task<IResult> CreateAsync(IdentityRequest request, CredentialStore store, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        var body = await request.BodyAsync("credential");
        var blob = body.RequiredText("blob");
        var row = new Credential
        {
            Id = Guid.NewGuid().ToString("N"),
            UserId = body.RequiredText("user_id", 64),
            Type = body.RequiredText("type", 255),
            ProjectId = body.Text("project_id", 64),
            Extra = body.Extra(null, Known),
        };
        if (row.Type == CredentialTypes.Ec2 && !body.Has("project_id"))
        {
            throw Errors.Invalid("'project_id' is a required property");
        }

        request.Require(CredentialPolicies.Create, CredentialPolicies.Target(row));
        var isEc2 = CredentialTypes.IsLikeEc2(row.Type);
        if (isEc2)
        {
            Delegation.CheckUnrestricted(token, "credentials");
        }

        Delegation.CheckProject(token.Payload, row.ProjectId);
        if (isEc2)
        {
            var ec2 = Ec2Blob.Parse(blob);
            ec2.Bind(token.Payload);
            row.Id = Ec2Blob.IdOf(ec2.Access);
            blob = Delegation.IsDelegated(token.Payload) ? ec2.ToString() : blob;
        }

        var credential = new OpenCredential(row, blob);
        await store.CreateAsync(credential, cancellationToken);
        return Answer(StatusCodes.Status201Created, credential, request);
    }

    private static async Task<IResult> ShowAsync(string id, IdentityRequest request, CredentialStore store, CancellationToken cancellationToken) =>
        Answer(StatusCodes.Status200OK, await GetAsync(id, CredentialPolicies.Get, request, store, cancellationToken), request);

    private static async Task<IResult> UpdateAsync(string id, IdentityRequest request, CredentialStore store, CancellationToken cancellationToken)
    {
        var current = await GetAsync(id, CredentialPolicies.Update, request, store, cancellationToken);
        var row = current.Row;
        var wasEc2 = CredentialTypes.IsLikeEc2(row.Type);
        var body = await request.BodyAsync("credential");
        body.RefuseEmpty("credential");
        var blob = Given(body, "blob");
        row.Type = Given(body, "type", 255) ?? row.Type;
        row.UserId = Given(body, "user_id", 64) ?? row.UserId;
        row.ProjectId = body.Has("project_id") ? body.Text("project_id", 64) : row.ProjectId;
        row.Extra = body.Extra(row.Extra, Known);
        if (body.Text("id") is { } given && given != id)
        {
            throw Errors.Invalid("Cannot change ID");
        }

        // Asked again of what it would become: nobody gives a credential away, or takes one (OSSA-2020-004).
        request.Require(CredentialPolicies.Update, CredentialPolicies.Target(row));
        Delegation.CheckProject(request.RequireToken().Payload, row.ProjectId);
        if (wasEc2)
        {
            // Keystone wants the whole blob with every change of an EC2 credential.
            Ec2Blob.Parse(blob ?? throw Errors.Invalid("Invalid blob in credential")).CheckSameBinding(Ec2Blob.Parse(current.Blob));
        }

        blob ??= current.Blob;
        if (CredentialTypes.IsLikeEc2(row.Type) && !wasEc2)
        {
            blob = BecomeEc2(row, blob, request);
        }

        var changed = new OpenCredential(row, blob);
        await store.UpdateAsync(changed, cancellationToken);
        return Answer(StatusCodes.Status200OK, changed, request);
    }

    private static async Task<IResult> DeleteAsync(string id, IdentityRequest request, CredentialStore store, CancellationToken cancellationToken)
    {
        await GetAsync(id, CredentialPolicies.Delete, request, store, cancellationToken);
        await store.DeleteAsync(id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    /// <summary>A credential of another type turns into an EC2 one under the rules of creation, or a delegation would shed its bounds that way.</summary>
    private static string BecomeEc2(Credential row, string blob, IdentityRequest request)
    {
        var token = request.RequireToken();
        if (string.IsNullOrEmpty(row.ProjectId))
        {
            throw Errors.Expecting("project_id", "credential");
        }

        if (!Delegation.IsDelegated(token.Payload))
        {
            return blob;
        }

        Delegation.CheckUnrestricted(token, "credentials");
        var ec2 = Ec2Blob.Parse(blob);
        ec2.Bind(token.Payload);
        return ec2.ToString();
    }

    /// <exception cref="ApiException">401, 403, or 404 after the rule let it pass.</exception>
    private static async Task<OpenCredential> GetAsync(string id, PolicyRule rule, IdentityRequest request, CredentialStore store, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        var credential = await store.FindAsync(id, cancellationToken);
        request.Require(rule, CredentialPolicies.Target(credential?.Row));
        _ = credential ?? throw Errors.NotFound("credential", id);
        Delegation.CheckProject(token.Payload, credential.Row.ProjectId);
        return credential;
    }

    private static IResult Answer(int status, OpenCredential credential, IdentityRequest request) =>
        JsonAnswer.Member(status, "credential", writer => CredentialView.Write(writer, credential, request));

    /// <summary>Null when it is absent; null itself is no text.</summary>
    private static string? Given(ResourceBody body, string field, int maxLength = int.MaxValue) =>
        body.Text(field, maxLength) ?? (body.Has(field) ? throw Errors.InvalidField(field, "None is not of type 'string'") : null);
}
