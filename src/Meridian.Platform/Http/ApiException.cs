// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Http;

/// <summary>An error that the caller may read. Each service renders it in its own API's shape (<see cref="FaultStyle"/>).</summary>
public class ApiException : Exception
{
    /// <param name="status">HTTP status.</param>
    /// <param name="message">What is wrong, with which id, and what to do; no secrets, paths or stack traces.</param>
    /// <param name="type">Neutron's exception class name (PortNotFound) or a title, where the API shows one.</param>
    /// <param name="code">Placement's error code (placement.concurrent_update).</param>
    public ApiException(int status, string message, string? type = null, string? code = null)
        : base(message)
    {
        Status = status;
        Type = type;
        Code = code;
    }

    public int Status { get; }

    public string? Type { get; }

    public string? Code { get; }

    /// <summary>Headers of the answer, such as Retry-After or Allow.</summary>
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>A body that is not what the API takes: which member, what it holds, why it is refused. Status 400 unless said otherwise.</summary>
public sealed class InvalidBodyException(string path, string? value, string reason, string? unexpectedMember = null)
    : ApiException(400, Describe(path, value, reason, unexpectedMember))
{
    /// <summary>Dotted path of the member (server.name), empty for the body itself.</summary>
    public string Path { get; } = path;

    public string? Value { get; } = value;

    public string Reason { get; } = reason;

    /// <summary>Set when the fault is a member that the API does not know.</summary>
    public string? UnexpectedMember { get; } = unexpectedMember;

    // Nova's and cinder's words (nova/api/validation/validators.py); other services phrase Path and Reason themselves.
    private static string Describe(string path, string? value, string reason, string? unexpectedMember) =>
        unexpectedMember is not null ? $"Additional properties are not allowed ('{unexpectedMember}' was unexpected)"
        : path.Length == 0 ? reason
        : $"Invalid input for field/attribute {path}. Value: {value}. {reason}";
}
