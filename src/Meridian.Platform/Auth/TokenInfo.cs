// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Meridian.Platform.Auth;

/// <summary>A validated token as Keystone answers it (identity v3 API, "Validate and show information for token").</summary>
public sealed class TokenInfo
{
    /// <summary>Reads Keystone's answer, <c>{"token": {…}}</c>.</summary>
    /// <exception cref="JsonException">It is no such answer.</exception>
    public static TokenInfo Parse(string json) => JsonSerializer.Deserialize(json, TokenJson.Default.TokenEnvelope)?.Token ?? throw new JsonException("There is no token in it.");

    public required TokenUser User { get; init; }

    public TokenProject? Project { get; init; }

    public TokenDomain? Domain { get; init; }

    public TokenSystem? System { get; init; }

    public IReadOnlyList<TokenRole> Roles { get; init; } = [];

    public IReadOnlyList<TokenService>? Catalog { get; init; }

    public IReadOnlyList<string> Methods { get; init; } = [];

    public IReadOnlyList<string> AuditIds { get; init; } = [];

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset IssuedAt { get; init; }

    public bool? IsDomain { get; init; }

    public bool? IsAdminProject { get; init; }

    public TokenApplicationCredential? ApplicationCredential { get; init; }

    [JsonPropertyName("OS-TRUST:trust")]
    public TokenTrust? Trust { get; init; }

    [JsonIgnore]
    public string UserId => User.Id;

    [JsonIgnore]
    public string? ProjectId => Project?.Id;

    [JsonIgnore]
    public string? DomainId => Domain?.Id;

    [JsonIgnore]
    public bool IsSystemScoped => System is not null;

    [JsonIgnore]
    public IReadOnlyList<string> RoleNames => field ??= [.. Roles.Select(role => role.Name)];
}

public sealed record TokenDomain(string Id, string? Name);

public sealed record TokenUser(string Id, string Name, TokenDomain? Domain)
{
    /// <summary>A time as Keystone writes it; null when the password never expires.</summary>
    public string? PasswordExpiresAt { get; init; }
}

public sealed record TokenProject(string Id, string Name, TokenDomain? Domain);

public sealed record TokenSystem(bool All);

public sealed record TokenRole(string Id, string Name);

public sealed record TokenService(string Id, string Type, string? Name, IReadOnlyList<TokenEndpoint> Endpoints);

public sealed record TokenEndpoint(string Id, string Interface, string? RegionId, string? Region, string Url);

public sealed record TokenApplicationCredential(string Id, string? Name, bool? Restricted, IReadOnlyList<TokenAccessRule>? AccessRules);

public sealed record TokenAccessRule(string? Id, string? Path, string? Method, string? Service);

public sealed record TokenTrust(string Id, bool Impersonation, TokenTrustUser TrustorUser, TokenTrustUser TrusteeUser);

public sealed record TokenTrustUser(string Id);

public sealed record TokenEnvelope(TokenInfo Token);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenEnvelope))]
internal sealed partial class TokenJson : JsonSerializerContext;
