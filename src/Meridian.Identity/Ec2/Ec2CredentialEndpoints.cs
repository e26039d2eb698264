// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text.Json;

using Meridian.Identity.Credentials;
using Meridian.Identity.Projects;
using Meridian.Identity.Tokens;
using Meridian.Identity.Users;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Ec2;

/// <summary>/v3/users/{user_id}/credentials/OS-EC2: credentials of type ec2 in the form of the EC2 API. Source: identity v3 extension OS-EC2.</summary>
internal static class Ec2CredentialEndpoints
{
    public static void MapEc2Credentials(this RouteGroupBuilder api)
    {
        var credentials = api.MapGroup("/users/{id}/credentials/OS-EC2");
        credentials.MapRead("", ListAsync);
        credentials.MapPost("", CreateAsync);
        credentials.MapRead("/{credential_id}", ShowAsync);
        credentials.MapDelete("/{credential_id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(string id, IdentityRequest request, UserStore users, CredentialStore store, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        request.Require(Ec2Policies.List, PolicyBase.Target(("user_id", id)));
        await users.GetAsync(id, cancellationToken);
        var rows = (await store.ListOfUserAsync(id, CredentialTypes.Ec2, cancellationToken)).Where(c => Delegation.Reaches(token.Payload, c.Row.ProjectId));
        return request.List().Answer(
            "credentials", request.Url($"users/{id}/credentials/OS-EC2"), new ListPage<OpenCredential>([.. rows], null, false),
            (writer, credential) => Write(writer, credential, request));
    }

    private static async Task<IResult> CreateAsync(
        string id, IdentityRequest request, UserStore users, ProjectStore projects, CredentialStore store, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        request.Require(Ec2Policies.Create, Ec2Policies.Target(id, id));
        Delegation.CheckUnrestricted(token, "application credentials");
        await users.GetAsync(id, cancellationToken);
        var projectId = await ReadProjectAsync(request);
        _ = await projects.FindAsync(projectId, cancellationToken) ?? throw Errors.NotFound("project", projectId);
        Delegation.CheckProject(token.Payload, projectId, "EC2 credential");

        var blob = Ec2Blob.Create(Guid.NewGuid().ToString("N"), RandomNumberGenerator.GetHexString(32, lowercase: true));

        // Keystone binds only to trusts here; the other delegations must not grow beyond themselves either.
        blob.Bind(token.Payload);
        var row = new Credential { Id = Ec2Blob.IdOf(blob.Access), UserId = id, ProjectId = projectId, Type = CredentialTypes.Ec2 };
        var credential = new OpenCredential(row, blob.ToString());
        await store.CreateAsync(credential, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status201Created, "credential", writer => Write(writer, credential, request));
    }

    private static async Task<IResult> ShowAsync(
        string id, string credential_id, IdentityRequest request, UserStore users, CredentialStore store, CancellationToken cancellationToken)
    {
        var credential = await GetAsync(id, credential_id, Ec2Policies.Get, request, users, store, cancellationToken);
        return JsonAnswer.Member(StatusCodes.Status200OK, "credential", writer => Write(writer, credential, request));
    }

    private static async Task<IResult> DeleteAsync(
        string id, string credential_id, IdentityRequest request, UserStore users, CredentialStore store, CancellationToken cancellationToken)
    {
        var credential = await GetAsync(id, credential_id, Ec2Policies.Delete, request, users, store, cancellationToken);
        await store.DeleteAsync(credential.Row.Id, cancellationToken);
        return JsonAnswer.NoContent;
    }

    /// <param name="access">The access key: what the path has is not the id.</param>
    /// <exception cref="ApiException">404 before 403, as Keystone has it here; 401 for a credential of another type.</exception>
    private static async Task<OpenCredential> GetAsync(
        string userId, string access, PolicyRule rule, IdentityRequest request, UserStore users, CredentialStore store, CancellationToken cancellationToken)
    {
        var token = request.RequireToken();
        var credential = await store.FindAsync(Ec2Blob.IdOf(access), cancellationToken) ?? throw Errors.NotFound("credential", Ec2Blob.IdOf(access));
        request.Require(rule, Ec2Policies.Target(userId, credential.Row.UserId, credential.Row.ProjectId));
        await users.GetAsync(userId, cancellationToken);
        if (credential.Row.Type != CredentialTypes.Ec2)
        {
            throw Errors.Unauthorized();
        }

        Delegation.CheckProject(token.Payload, credential.Row.ProjectId, "EC2 credential");
        return credential;
    }

    /// <summary>The body has no envelope here: <c>{"tenant_id": …}</c>.</summary>
    private static async Task<string> ReadProjectAsync(IdentityRequest request)
    {
        using var document = await request.HttpRequest.ReadJsonDocumentAsync(request.Aborted);
        var body = document.RootElement;
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("tenant_id", out var project))
        {
            throw Errors.Expecting("tenant_id", "request body");
        }

        return project.ValueKind == JsonValueKind.String ? project.GetString()! : throw Errors.InvalidField("tenant_id", $"{ResourceBody.Show(project)} is not of type 'string'");
    }

    private static void Write(Utf8JsonWriter writer, OpenCredential credential, IdentityRequest request)
    {
        var (row, blob) = (credential.Row, Ec2Blob.TryParse(credential.Blob));
        writer.WriteStartObject();
        writer.WriteString("user_id", row.UserId);
        writer.WriteString("tenant_id", row.ProjectId);
        writer.WriteString("access", blob?.Access);
        writer.WriteString("secret", blob?.Secret);
        writer.WriteString("trust_id", blob?.TrustId);
        writer.WriteSelfLink(request.Url($"users/{row.UserId}/credentials/OS-EC2/{blob?.Access}"));
        writer.WriteEndObject();
    }
}
