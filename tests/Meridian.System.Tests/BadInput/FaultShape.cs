// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Meridian.System.Tests.BadInput;

/// <summary>Whether an error looks as its API's errors do (wire.md, "Errors"), where the client asked for JSON.</summary>
internal static class FaultShape
{
    /// <returns>Null when it does; else what is wrong.</returns>
    public static string? Check(string program, string method, int status, string? contentType, string body)
    {
        if (status < 400 || method == "HEAD")
        {
            return null;
        }

        if (status >= 500)
        {
            return "a server error";
        }

        // The metadata service speaks to guests in webob's plain text; Flask has a page for a path that no route has.
        if (program == "nova-metadata")
        {
            return body.Contains($"{status} ", StringComparison.Ordinal) ? null : "no page";
        }

        if (program == "keystone" && status == 404 && contentType?.StartsWith("text/html", StringComparison.Ordinal) == true)
        {
            return body.Contains("<title>404", StringComparison.Ordinal) ? null : "no page";
        }

        if (contentType?.StartsWith("application/json", StringComparison.Ordinal) != true)
        {
            return $"content type {contentType}";
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return IsShape(program, status, document.RootElement) ? null : "another shape than this API's errors";
        }
        catch (JsonException)
        {
            return "not JSON";
        }
    }

    private static bool IsShape(string program, int status, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        if (status == 401 && program != "glance-api")
        {
            return root.TryGetProperty("error", out var error) && Has(error, "message") && error.GetProperty("code").GetInt32() == 401;
        }

        var unknownRoute = Has(root, "message") && Has(root, "code") && Has(root, "title");
        return program switch
        {
            "keystone" => root.TryGetProperty("error", out var error) && Has(error, "message") && Has(error, "title") && error.GetProperty("code").GetInt32() == status,
            "glance-api" => unknownRoute && root.GetProperty("code").GetString()!.StartsWith($"{status} ", StringComparison.Ordinal),
            "placement-api" => root.TryGetProperty("errors", out var errors) && errors[0].GetProperty("status").GetInt32() == status && Has(errors[0], "detail") && Has(errors[0], "request_id"),
            "nova-api" => (status == 404 && unknownRoute)
                || (root.EnumerateObject().Single().Value is { ValueKind: JsonValueKind.Object } fault && Has(fault, "message") && fault.GetProperty("code").GetInt32() == status),
            "neutron-server" => (status == 404 && unknownRoute) || (root.TryGetProperty("NeutronError", out var error) && Has(error, "type") && Has(error, "message") && Has(error, "detail")),
            _ => false,
        };
    }

    private static bool Has(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String;
}
