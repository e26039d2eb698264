// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Policy;

/// <summary>A rule that can't be understood or used; the message names the rule, and the file where one is known.</summary>
public sealed class PolicyException(string message, Exception? inner = null) : Exception(message, inner);
