// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Identity;

/// <summary>Keystone's errors in its words. Source: the messages that Keystone's API returns.</summary>
internal static class Errors
{
    /// <summary>The one answer to every failed authentication: nothing in it tells an unknown user from a wrong password (OSSA-2021-003).</summary>
    public static ApiException Unauthorized() => new(401, "The request you have made requires authentication.");

    public static ApiException Forbidden(string? action = null) => new(
        403, action is null ? "You are not authorized to perform the requested action." : $"You are not authorized to perform the requested action: {action}.");

    /// <summary>A refusal that is about the state of things, not about rights: its reason may be shown.</summary>
    public static ApiException Refused(string message) => new(403, message);

    /// <param name="kind">The word of the message: user, project, role …</param>
    public static ApiException NotFound(string kind, string id) => new(404, $"Could not find {kind}: {id}.");

    public static ApiException InvalidToken(string message = "Failed to validate token") => new(404, message);

    public static ApiException Conflict(string type, string details) => new(409, $"Conflict occurred attempting to store {type} - {details}.");

    public static ApiException Duplicate(string type, string name, string? domainId) => Conflict(
        type, string.IsNullOrEmpty(domainId) ? $"Duplicate entry found with name {name}" : $"Duplicate entry found with name {name} at domain ID {domainId}");

    public static ApiException Expecting(string attribute, string target) => new(
        400, $"Expecting to find {attribute} in {target}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.");

    public static ApiException Invalid(string message) => new(400, message);

    public static ApiException InvalidField(string field, string reason) => new(400, $"Invalid input for field '{field}': {reason}");

    public static ApiException Immutable(string verb, string type, string id) => new(
        403, $"Unable to {verb} immutable {type} resource: `{id}. Set resource option \"immutable\" to false first.");
}
