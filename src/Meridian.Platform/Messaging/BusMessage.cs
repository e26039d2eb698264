// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Meridian.Platform.Messaging;

/// <summary>A message on the wire. Only ever gains optional members.</summary>
internal sealed record BusMessage(string Method, int Version, JsonElement Arguments, string? RequestId);

/// <summary>The answer to a call: a result or an error.</summary>
internal sealed record BusReply(JsonElement? Result, string? ErrorType, string? ErrorMessage);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BusMessage))]
[JsonSerializable(typeof(BusReply))]
internal sealed partial class BusJson : JsonSerializerContext;

/// <summary>What a transport does with a message that was looked at.</summary>
internal enum BusVerdict
{
    /// <summary>Handled, or unfit for anybody: it's gone.</summary>
    Done,

    /// <summary>For a newer process: back into the queue after a while.</summary>
    Leave,
}
