// SPDX-License-Identifier: Apache-2.0

namespace Meridian.Platform.Ovsdb;

/// <summary>The server answered an error; <see cref="Error"/> is RFC 7047's tag, such as <c>constraint violation</c> or <c>timed out</c>.</summary>
public class OvsdbException(string message, string error = "", Exception? inner = null) : Exception(message, inner)
{
    public string Error { get; } = error;
}

/// <summary>There is no connection, or it was lost before the answer came: what was asked may or may not have been done.</summary>
public sealed class OvsdbUnavailableException(string message, Exception? inner = null) : OvsdbException(message, "", inner);
