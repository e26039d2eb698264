// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using Meridian.Identity.Tokens;
using Meridian.Platform.Http;

namespace Meridian.Identity.Credentials;

/// <summary>
/// What an EC2 credential holds: <c>{"access": …, "secret": …}</c>, and the delegation that tokens bought with it are bound to.
/// Source: Keystone's credentials API, "EC2 credentials".
/// </summary>
internal sealed class Ec2Blob
{
    private const string TrustName = "trust_id";
    private const string ApplicationCredentialName = "app_cred_id";
    private const string AccessTokenName = "access_token_id";

    private static readonly string[] Binding = [TrustName, ApplicationCredentialName, AccessTokenName];
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = JsonBody.MaxDepth, AllowDuplicateProperties = false };

    private readonly JsonObject blob;

    private Ec2Blob(JsonObject blob) => this.blob = blob;

    public string Access => Text("access")!;

    public string? Secret => Text("secret");

    public string? TrustId => Text(TrustName);

    public string? ApplicationCredentialId => Text(ApplicationCredentialName);

    public string? AccessTokenId => Text(AccessTokenName);

    /// <summary>The id of the credential: nobody has the same access key twice.</summary>
    public static string IdOf(string access) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(access)));

    public static Ec2Blob Create(string access, string secret) => new(new() { ["access"] = access, ["secret"] = secret, [TrustName] = null });

    /// <summary>A blob that a client sent.</summary>
    /// <exception cref="ApiException">400.</exception>
    public static Ec2Blob Parse(string text)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(text, documentOptions: Strict);
        }
        catch (JsonException)
        {
            throw Errors.Invalid("Invalid blob in credential");
        }

        if (node is not JsonObject { Count: > 0 } blob)
        {
            throw Errors.Expecting("blob", "credential");
        }

        if (blob["access"] is not { } access)
        {
            throw Errors.Expecting("access", "credential");
        }

        return access.GetValueKind() == JsonValueKind.String ? new(blob) : throw Errors.InvalidField("blob/access", $"{access.ToJsonString()} is not of type 'string'");
    }

    /// <summary>A blob that is stored. Null when it is none that EC2 could use.</summary>
    public static Ec2Blob? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (ApiException)
        {
            return null;
        }
    }

    /// <summary>Tokens bought with it will be those of the delegation that made it, never more (OSSA-2020-004).</summary>
    public void Bind(TokenPayload token)
    {
        Set(TrustName, token.TrustId);
        Set(ApplicationCredentialName, token.ApplicationCredentialId);
        Set(AccessTokenName, token.AccessTokenId);
    }

    /// <exception cref="ApiException">400: what the credential is bound to stays.</exception>
    public void CheckSameBinding(Ec2Blob before)
    {
        foreach (var name in Binding)
        {
            if (!JsonNode.DeepEquals(blob[name], before.blob[name]))
            {
                throw Errors.Invalid($"{name} can not be updated for credential");
            }
        }
    }

    public override string ToString() => blob.ToJsonString();

    private void Set(string name, string? value)
    {
        if (value is not null)
        {
            blob[name] = value;
        }
    }

    private string? Text(string name) => blob[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
