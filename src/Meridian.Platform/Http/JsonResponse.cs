// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

using Microsoft.AspNetCore.Http;

namespace Meridian.Platform.Http;

/// <summary>JSON that a function writes, member by member: what there is to write depends on microversions, rights, and attributes that no type knows.</summary>
public static class JsonResponse
{
    /// <summary>Text stands as it is; nothing of an answer is put into HTML.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Bytes(Action<Utf8JsonWriter> write, int expectedLength = 1024)
    {
        var buffer = new ArrayBufferWriter<byte>(expectedLength);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            write(writer);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Answers with what <paramref name="write"/> writes. Nothing is sent before it returned: it may still throw a fault.</summary>
    public static Task WriteJsonAsync(this HttpContext context, int status, Action<Utf8JsonWriter> write, int expectedLength = 1024)
    {
        var bytes = Bytes(write, expectedLength);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
