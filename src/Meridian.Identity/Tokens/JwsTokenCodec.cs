// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

using Meridian.Platform.Config;

using Microsoft.Extensions.Logging;

namespace Meridian.Identity.Tokens;

/// <summary>
/// JWS tokens: signed, not encrypted. Of the header only the algorithm is heeded, and it must be one that was configured: what else a header may say about keys
/// (<c>kid</c>, <c>jwk</c>, <c>jku</c>, <c>x5u</c>) is the bearer's word. Source: Keystone's token provider "jws"; RFC 7515, 7519, 8725.
/// </summary>
internal sealed partial class JwsTokenCodec : TokenCodec
{
    private readonly JwsKeyRepository repository;
    private readonly JwsAlgorithm signing;
    private readonly HashSet<JwsAlgorithm> accepted;
    private readonly ILogger logger;
    private readonly KeyFollower<JwsKeys> keys;
    private readonly string header;

    public JwsTokenCodec(JwsKeyRepository repository, JwsAlgorithm signing, IEnumerable<JwsAlgorithm> accepted, TimeProvider clock, ILogger logger)
    {
        this.repository = repository;
        this.signing = signing;
        this.accepted = [.. accepted];
        this.logger = logger;
        keys = new(() => repository.Stamp, Load, JwsKeys.AreSame, clock);
        header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{{\"alg\":\"{signing.Name}\",\"typ\":\"JWT\"}}"));
        if (!this.accepted.Contains(signing))
        {
            throw new ConfigException($"[jwt_tokens] jws_accepted_algorithms must name {signing.Name}, which jws_algorithm signs with: its tokens would be refused.");
        }
    }

    public override int Generation => keys.Get().Generation;

    public override string NotRecognized => "Could not find token.";

    public override string Encode(TokenPayload payload, DateTimeOffset issuedAt)
    {
        var known = keys.Get().Keys;
        var key = known.Private ?? throw new InvalidOperationException($"{repository.PrivateKeyFile} does not exist; make a pair with keystone-manage create_jws_keypair.");
        if (key.Algorithm != signing)
        {
            throw new InvalidOperationException($"{repository.PrivateKeyFile} is a key for {key.Algorithm.Name}; [jwt_tokens] jws_algorithm is {signing.Name}.");
        }

        if (!known.Public.Any(k => k.SubjectPublicKeyInfo.AsSpan().SequenceEqual(key.SubjectPublicKeyInfo)))
        {
            throw new InvalidOperationException($"{repository.PublicFolder} does not hold the public key of {repository.PrivateKeyFile}: its tokens would be refused.");
        }

        var signed = $"{header}.{Base64Url.EncodeToString(JwsClaims.Write(payload, issuedAt))}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public override TokenPayload? Decode(string token)
    {
        var parts = token.Split('.', 4);
        if (parts.Length != 3 || Bytes(parts[0]) is not { } head || Bytes(parts[1]) is not { } claims || Bytes(parts[2]) is not { } signature
            || AlgorithmOf(head) is not { } algorithm || signature.Length != algorithm.SignatureBytes)
        {
            return null;
        }

        var signed = Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);
        if (!keys.Get().Keys.Public.Any(key => key.Algorithm == algorithm && key.Verify(signed, signature)))
        {
            return null;
        }

        try
        {
            return JwsClaims.Read(claims);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <returns>Null when the header is no header of ours: another algorithm, or a <c>crit</c> that asks for what is not known here.</returns>
    private JwsAlgorithm? AlgorithmOf(byte[] head)
    {
        try
        {
            using var document = JsonDocument.Parse(head);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("crit", out _)
                && root.TryGetProperty("alg", out var alg) && alg.ValueKind == JsonValueKind.String
                && JwsAlgorithm.Find(alg.GetString()!) is { } found && accepted.Contains(found) ? found : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // The latter is .NET's word for a text that is no UTF-8.
        }
    }

    /// <summary>Null unless the text is the one spelling of its bytes: a token that was revoked must have no other.</summary>
    private static byte[]? Bytes(string text)
    {
        try
        {
            var bytes = Base64Url.DecodeFromChars(text);
            return text == Base64Url.EncodeToString(bytes) ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private JwsKeys Load()
    {
        var loaded = repository.Load();
        if (loaded.Ignored.Count > 0)
        {
            LogIgnored(logger, repository.PublicFolder, string.Join(", ", loaded.Ignored));
        }

        return loaded;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Folder} holds files that are no public key of ES256, ES384 or ES512, and are passed over: {Files}")]
    private static partial void LogIgnored(ILogger logger, string folder, string files);
}
