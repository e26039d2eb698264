// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

using Meridian.Platform.Config;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Http;

/// <summary>Reads JSON bodies strictly: size and depth bounded, duplicate names refused, every fault named by its path (DESIGN 13).</summary>
public static class JsonBody
{
    public const int MaxDepth = 64;

    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>
    /// The body as a typed request. Unknown members are refused where <paramref name="type"/>'s options say so
    /// (<c>UnmappedMemberHandling.Disallow</c>).
    /// </summary>
    /// <exception cref="InvalidBodyException">400: not JSON, or not of that form.</exception>
    /// <exception cref="ApiException">413: larger than max_request_body_size. 415: another media type.</exception>
    public static async Task<T> ReadJsonAsync<T>(this HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var document = await request.ReadJsonDocumentAsync(cancellationToken);
        return document.RootElement.Read(type);
    }

    /// <summary>The body as a document: for APIs whose bodies are open, or whose updates mean what is present.</summary>
    /// <param name="anyMediaType">The caller has judged the media type (image's json-patch types).</param>
    public static async Task<JsonDocument> ReadJsonDocumentAsync(this HttpRequest request, CancellationToken cancellationToken, bool anyMediaType = false)
    {
        if (!anyMediaType)
        {
            CheckMediaType(request);
        }

        var body = await ReadBoundedAsync(request, cancellationToken);
        try
        {
            CheckText(body.Span);
            return JsonDocument.Parse(body, DocumentOptions);
        }
        catch (JsonException exception)
        {
            throw new InvalidBodyException("", null, Explain(exception));
        }
    }

    /// <summary>Deserializes an element, naming the member at fault.</summary>
    public static T Read<T>(this JsonElement element, JsonTypeInfo<T> type)
    {
        try
        {
            return element.Deserialize(type) ?? throw new InvalidBodyException("", "null", "None is not of type 'object'");
        }
        catch (JsonException exception)
        {
            throw FromJsonException(exception, element);
        }
    }

    private static InvalidBodyException FromJsonException(JsonException exception, JsonElement root)
    {
        const string Unmapped = "The JSON property '";
        const string Missing = "missing required properties including: ";
        if (exception.Message.StartsWith(Unmapped, StringComparison.Ordinal))
        {
            var name = exception.Message[Unmapped.Length..exception.Message.IndexOf('\'', Unmapped.Length)];
            return new InvalidBodyException(Dotted(exception.Path), name, "", name);
        }

        var missing = exception.Message.IndexOf(Missing, StringComparison.Ordinal);
        if (missing >= 0)
        {
            var name = exception.Message[(missing + Missing.Length)..].Split(['\'', ',', '.'], StringSplitOptions.RemoveEmptyEntries)[0];
            return new InvalidBodyException(Dotted(exception.Path), Shown(root, exception.Path), $"'{name}' is a required property");
        }

        return new InvalidBodyException(Dotted(exception.Path), Shown(root, exception.Path), "It is not of the expected type.");
    }

    private static string Dotted(string? path) => path is null or "$" ? "" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..].Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal) : path;

    private static string? Shown(JsonElement root, string? path)
    {
        var element = root;
        foreach (var part in Dotted(path).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(part, out var member))
            {
                element = member;
            }
            else if (element.ValueKind == JsonValueKind.Array && int.TryParse(part, out var index) && index < element.GetArrayLength())
            {
                element = element[index];
            }
            else
            {
                return null;
            }
        }

        var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
        return text.Length <= 255 ? text : text[..255] + "…";
    }

    private static void CheckMediaType(HttpRequest request)
    {
        var type = request.ContentType;
        if (string.IsNullOrEmpty(type))
        {
            return;
        }

        var media = type.Split(';')[0].Trim();
        if (!media.EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            throw new ApiException(415, $"Unsupported Content-Type {media}; send application/json.");
        }
    }

    /// <summary>
    /// Strings and names must be Unicode: bytes that are no UTF-8, and escapes of half a surrogate pair, which the parser leaves to be found by whoever
    /// reads the value, have no place in any field of any API.
    /// </summary>
    private static void CheckText(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            throw new InvalidBodyException("", null, "The body is not UTF-8.");
        }

        if (body.IndexOf("\\u"u8) < 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }
        }
        catch (InvalidOperationException)
        {
            throw new InvalidBodyException("", null, "The body holds an escape of half a surrogate pair, which is no character.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBoundedAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var limit = request.HttpContext.RequestServices.GetRequiredService<ServiceConfig>().Get(MiddlewareOptions.MaxRequestBodySize);
        if (request.ContentLength > limit)
        {
            throw new ApiException(413, "Request is too large.");
        }

        var buffer = new ArrayBufferWriter<byte>(request.ContentLength is > 0 and { } length ? (int)length : 4096);
        while (true)
        {
            var read = await request.Body.ReadAsync(buffer.GetMemory(1024), cancellationToken);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > limit)
            {
                throw new ApiException(413, "Request is too large.");
            }
        }
    }

    private static string Explain(JsonException exception) =>
        exception.Message.Contains("maximum configured depth", StringComparison.Ordinal) ? $"The body is nested deeper than {MaxDepth} levels."
        : exception.Message.Contains("uplicate", StringComparison.Ordinal) ? "The body holds the same name twice in one object."
        : "The server could not comply with the request since it is either malformed or otherwise incorrect: the body is not valid JSON.";
}
