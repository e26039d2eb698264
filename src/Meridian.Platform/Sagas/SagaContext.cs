// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Meridian.Platform.Sagas;

/// <summary>What a step works with: the input, values that earlier steps found, and why the saga is unwound when it is.</summary>
public sealed class SagaContext<TInput> : SagaContext
{
    internal SagaContext(SagaRow row, TInput input)
        : base(row) => Input = input;

    public TInput Input { get; }
}

public abstract class SagaContext
{
    private readonly JsonObject bag;

    private protected SagaContext(SagaRow row)
    {
        SagaId = row.Id;
        Subject = row.Subject;
        RequestId = row.RequestId;
        bag = row.Bag is null ? [] : JsonNode.Parse(row.Bag) as JsonObject ?? [];
        Failure = row.Failure is null ? null : JsonSerializer.Deserialize(row.Failure, SagaJson.Default.SagaFailure);
    }

    /// <summary>Stays the same over restarts: the mark of what steps make at neighbours that choose ids themselves (DESIGN 19).</summary>
    public string SagaId { get; }

    /// <summary>Id of the resource that the saga is about.</summary>
    public string Subject { get; }

    /// <summary>The request that began it; goes out to neighbours as the global request id.</summary>
    public string? RequestId { get; }

    /// <summary>Set while the saga is unwound.</summary>
    public SagaFailure? Failure { get; internal set; }

    /// <summary>A value that an earlier step, or an earlier try of this one that came to its end, has found.</summary>
    public string? Find(string name) => (string?)bag[name];

    /// <summary>Kept when the step ends well: the value and the step's end are one write.</summary>
    public void Set(string name, string? value) => bag[name] = value;

    public T? Find<T>(string name, JsonTypeInfo<T> type) => bag[name] is { } node ? node.Deserialize(type) : default;

    /// <inheritdoc cref="Set(string, string?)"/>
    public void Set<T>(string name, T value, JsonTypeInfo<T> type) => bag[name] = JsonSerializer.SerializeToNode(value, type);

    internal string? WriteBag() => bag.Count == 0 ? null : bag.ToJsonString();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SagaFailure))]
internal sealed partial class SagaJson : JsonSerializerContext;
