// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Placement;

/// <summary>
/// Placement's errors: a list of one, whose detail is webob's sentence for the status, an empty line and the reason.
/// Source: placement API reference, "Errors"; measured on Zed.
/// </summary>
internal sealed class PlacementFaults : JsonFaults
{
    public const string ConcurrentUpdate = "placement.concurrent_update";
    public const string InventoryInUse = "placement.inventory.inuse";
    public const string DuplicateName = "placement.duplicate_name";
    public const string ProviderInUse = "placement.resource_provider.inuse";
    public const string CannotDeleteParent = "placement.resource_provider.cannot_delete_parent";
    public const string ProviderNotFound = "placement.resource_provider.not_found";
    public const string DuplicateQueryKey = "placement.query.duplicate_key";
    public const string BadQueryValue = "placement.query.bad_value";
    public const string MissingQueryValue = "placement.query.missing_value";

    private const string Undefined = "placement.undefined_code";
    private const string NotFoundSentence = "The resource could not be found.";

    public override string UnexpectedMessage => "";

    public override Task WriteUnknownRouteAsync(HttpContext context) => WriteAsync(context, new ApiException(404, ""));

    protected override Task WriteFaultAsync(HttpContext context, ApiException fault) => WriteJsonAsync(context, json =>
    {
        var request = context.RequestServices.GetRequiredService<RequestContext>();
        var sentence = Sentence(context, fault.Status);
        var reason = fault switch
        {
            UnacceptableVersionException version => $"Unacceptable version header: {version.Asked}",
            { Status: 405 } => "The method specified is not allowed for this resource.",
            InvalidBodyException body => body.Reason.Length > 0 ? "JSON does not validate: " + body.Reason : "JSON does not validate: " + body.Message,
            _ => fault.Message == NotFoundSentence ? "" : fault.Message,
        };
        json.WriteStartObject();
        json.WriteStartArray("errors");
        json.WriteStartObject();
        json.WriteNumber("status", fault.Status);
        json.WriteString("title", Title(fault.Status));
        json.WriteString("detail", $"{sentence}\n\n {reason}  ");
        if (request.Version >= new Microversion(1, 23))
        {
            json.WriteString("code", fault.Code ?? Undefined);
        }

        json.WriteString("request_id", request.RequestId);
        if (fault is UnacceptableVersionException unacceptable)
        {
            json.WriteString("max_version", unacceptable.Api.Max.ToString());
            json.WriteString("min_version", unacceptable.Api.Min.ToString());
        }

        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static string Sentence(HttpContext context, int status) => status switch
    {
        400 => "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        403 => "Access was denied to this resource.",
        404 => NotFoundSentence,
        405 => $"The method {context.Request.Method} is not allowed for this resource.",
        406 => "The resource could not be generated that was acceptable to your browser (content of type " + context.Request.Headers.Accept.ToString() + ").",
        409 => "There was a conflict when trying to complete your request.",
        413 => "The body of your request was too large for this server.",
        415 => $"The request media type {context.Request.ContentType} is not supported by this server.",
        503 => "The server is currently unavailable. Please try again at a later time.",
        _ => "The server has either erred or is incapable of performing the requested operation.",
    };
}
