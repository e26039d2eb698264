// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.Network.Api;

/// <summary>What a body said, each value read and converted: only what was present.</summary>
internal sealed class Values(IReadOnlyDictionary<string, object?> values)
{
    public IEnumerable<string> Names => values.Keys;

    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>The value, or <paramref name="fallback"/> when the body did not have it.</summary>
    public T Get<T>(string name, T fallback) => values.TryGetValue(name, out var value) ? (T)value! : fallback;

    public T Require<T>(string name) => (T)values[name]!;

    public object? this[string name] => values[name];

    /// <exception cref="Meridian.Platform.Http.ApiException">400 in neutron's words: unknown, forbidden, missing or malformed members.</exception>
    public static Values Parse<TRow>(JsonElement body, IReadOnlyList<Field<TRow>> fields, bool create)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Errors.BadRequest("Body contains invalid data");
        }

        var known = fields.ToDictionary(f => f.Name);
        var unknown = body.EnumerateObject().Where(m => !known.ContainsKey(m.Name)).Select(m => m.Name).ToList();
        if (unknown.Count > 0)
        {
            throw Errors.BadRequest($"Unrecognized attribute(s) '{string.Join(", ", unknown)}'");
        }

        var values = new Dictionary<string, object?>();
        if (create && fields.FirstOrDefault(f => f.Required && !body.TryGetProperty(f.Name, out _)) is { } missing)
        {
            throw Errors.BadRequest($"Failed to parse request. Required attribute '{missing.Name}' not specified");
        }

        foreach (var member in body.EnumerateObject())
        {
            var field = known[member.Name];
            var read = (create ? field.Post : field.Put)
                ?? throw Errors.BadRequest(create ? $"Attribute '{member.Name}' not allowed in POST" : $"Cannot update read-only attribute {member.Name}");
            try
            {
                values[member.Name] = read(member.Value);
            }
            catch (InvalidValueException invalid)
            {
                throw Errors.BadRequest($"Invalid input for {member.Name}. Reason: {invalid.Message}.");
            }
        }

        return new(values);
    }
}
