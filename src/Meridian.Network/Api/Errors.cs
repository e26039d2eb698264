// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Network.Api;

/// <summary>Neutron's errors by its class names; the sentences are those that clients match (neutron_lib.exceptions, api-ref).</summary>
internal static class Errors
{
    /// <summary>A fault of the request's form, before any rule of a resource is looked at.</summary>
    public static ApiException BadRequest(string message) => new(400, message, "HTTPBadRequest");

    public static ApiException Bad(string resource, string message) => new(400, $"Bad {resource} request: {message}.", "BadRequest");

    public static ApiException InvalidInput(string message, string type = "InvalidInput") => new(400, $"Invalid input for operation: {message}.", type);

    public static ApiException Invalid(string message, string type) => new(400, message, type);

    public static ApiException Conflict(string message, string type) => new(409, message, type);

    public static ApiException NotFound(string message, string type) => new(404, message, type);

    public static ApiException Denied(string rule) => new(403, $"{rule} is disallowed by policy", "PolicyNotAuthorized");

    public static ApiException NetworkNotFound(string id) => NotFound($"Network {id} could not be found.", "NetworkNotFound");

    public static ApiException SubnetNotFound(string id) => NotFound($"Subnet {id} could not be found.", "SubnetNotFound");

    public static ApiException PortNotFound(string id) => NotFound($"Port {id} could not be found.", "PortNotFound");

    public static ApiException RouterNotFound(string id) => NotFound($"Router {id} could not be found", "RouterNotFound");

    public static ApiException SecurityGroupNotFound(string id) => NotFound($"Security group {id} does not exist", "SecurityGroupNotFound");

    public static ApiException NetworkInUse(string id, string reason) =>
        Conflict($"Unable to complete operation on network {id}. {reason}.", "NetworkInUse");

    public static ApiException IpAddressInUse(string networkId, string address) =>
        Conflict($"Unable to complete operation for network {networkId}. The IP address {address} is in use.", "IpAddressInUse");

    public static ApiException NoMoreAddresses(string networkId) =>
        Conflict($"No more IP addresses available on network {networkId}.", "IpAddressGenerationFailure");

    public static ApiException OverQuota(string resources) => Conflict($"Quota exceeded for resources: {resources}.", "OverQuota");

    public static ApiException Busy() => Conflict("The operation lost against others on the same resources; try again.", "RetryRequest");
}
