// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

using Meridian.Compute.Http;
using Meridian.Platform.Http;

namespace Meridian.Compute.Flavors;

/// <summary>The body of POST /flavors. Source: Compute API reference, "Create Flavor".</summary>
internal static class CreateFlavorRequest
{
    private const int MaxInt = int.MaxValue;

    public static Flavor Read(RequestObject body, Microversion version, DateTime now)
    {
        var id = body.Element("id") is { ValueKind: JsonValueKind.Null } or null ? null : body.Element("id")!.Value.ValueKind == JsonValueKind.Number
            ? body.Element("id")!.Value.GetRawText()
            : body.Text("id", 1, 255);
        var flavor = new Flavor
        {
            Name = body.Name("name", required: true)!,
            MemoryMib = (int)body.Integer("ram", 1, MaxInt, required: true)!.Value,
            Vcpus = (int)body.Integer("vcpus", 1, MaxInt, required: true)!.Value,
            DiskGib = (int)body.Integer("disk", 0, MaxInt, required: true)!.Value,
            Id = id is null or "auto" ? Guid.NewGuid().ToString("D") : CheckId(id),
            EphemeralGib = (int)(body.Integer("OS-FLV-EXT-DATA:ephemeral", 0, MaxInt) ?? 0),
            SwapMib = (int)(body.Integer("swap", 0, MaxInt) ?? 0),
            RxtxFactor = body.Number("rxtx_factor", double.Epsilon, 3.40282e+38) ?? 1.0,
            IsPublic = body.Boolean("os-flavor-access:is_public") ?? true,
            Description = version >= new Microversion(2, 55) ? body.Text("description", 0, 65535, nullable: true) : null,
            CreatedAt = now,
        };
        body.Done();
        return flavor;
    }

    private static string CheckId(string id) =>
        id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ' ') && id[0] != ' ' && id[^1] != ' '
            ? id
            : throw new ApiException(400, $"Invalid input for field/attribute id. Value: {id}. '{id}' does not match '^(?! )[a-zA-Z0-9. _-]+(?<! )$'");
}

internal static class FlavorView
{
    /// <summary>As GET /flavors lists them.</summary>
    public static void WriteBrief(Utf8JsonWriter json, Flavor flavor, ComputeRequest request, string root, Microversion version)
    {
        json.WriteString("id", flavor.Id);
        json.WriteString("name", flavor.Name);
        request.WriteLinks(json, root, "flavors", flavor.Id);
        if (version >= new Microversion(2, 55))
        {
            json.WriteString("description", flavor.Description);
        }
    }

    public static void Write(Utf8JsonWriter json, Flavor flavor, ComputeRequest request, string root, Microversion version, bool showSpecs)
    {
        json.WriteString("id", flavor.Id);
        json.WriteString("name", flavor.Name);
        json.WriteNumber("ram", flavor.MemoryMib);
        json.WriteNumber("disk", flavor.DiskGib);
        WriteSwap(json, "swap", flavor.SwapMib, version);
        json.WriteNumber("OS-FLV-EXT-DATA:ephemeral", flavor.EphemeralGib);
        json.WriteBoolean("OS-FLV-DISABLED:disabled", false);
        json.WriteNumber("vcpus", flavor.Vcpus);
        json.WriteBoolean("os-flavor-access:is_public", flavor.IsPublic);
        WriteFloat(json, "rxtx_factor", flavor.RxtxFactor);
        request.WriteLinks(json, root, "flavors", flavor.Id);
        if (version >= new Microversion(2, 55))
        {
            json.WriteString("description", flavor.Description);
        }

        if (version >= new Microversion(2, 61) && showSpecs)
        {
            json.WriteMap("extra_specs", flavor.ExtraSpecs());
        }
    }

    // No swap was an empty text before 2.75.
    private static void WriteSwap(Utf8JsonWriter json, string name, int mib, Microversion version)
    {
        if (mib == 0 && version < new Microversion(2, 75))
        {
            json.WriteString(name, "");
        }
        else
        {
            json.WriteNumber(name, mib);
        }
    }

    // A float stays one in the answer: 1.0, as Python writes it.
    private static void WriteFloat(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        var text = value.ToString("R");
        json.WriteRawValue(text.Contains('.', StringComparison.Ordinal) || text.Contains('E', StringComparison.Ordinal) ? text : text + ".0");
    }
}
