// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Json;

using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Meridian.Identity.Catalog;

/// <summary>GET /v3/auth/catalog: who has the catalog already is told so, by its entity tag (RFC 9110, 8.8.3 and 13.1.2).</summary>
internal sealed class CatalogAnswer(CatalogRendering catalog, string self) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var tag = catalog.Tag;
        response.Headers.ETag = tag;

        // It may be kept, and must be asked for: what a token shows ends with the token.
        response.Headers.CacheControl = "private, no-cache";
        if (IsKnown(request.Headers.IfNoneMatch, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var link = JsonEncodedText.Encode(self, JsonResponse.WriterOptions.Encoder).EncodedUtf8Bytes.ToArray();
        response.ContentType = "application/json";
        response.ContentLength = Start.Length + catalog.Length + Links.Length + link.Length + End.Length;
        if (HttpMethods.IsHead(request.Method))
        {
            return;
        }

        var output = response.BodyWriter;
        output.Write(Start);
        catalog.WriteTo(output);
        output.Write(Links);
        output.Write(link);
        output.Write(End);
        await output.FlushAsync(httpContext.RequestAborted);
    }

    private static ReadOnlySpan<byte> Start => "{\"catalog\":"u8;

    private static ReadOnlySpan<byte> Links => ",\"links\":{\"self\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}}"u8;

    private static bool IsKnown(Microsoft.Extensions.Primitives.StringValues header, string tag)
    {
        if (header.Count == 0)
        {
            return false;
        }

        if (header.Count == 1 && header[0] == tag)
        {
            return true;
        }

        var own = new EntityTagHeaderValue(tag);
        return EntityTagHeaderValue.TryParseList(header!, out var known) && known.Any(k => k.Equals(EntityTagHeaderValue.Any) || k.Compare(own, useStrongComparison: false));
    }
}
