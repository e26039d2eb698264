// SPDX-License-Identifier: Apache-2.0
namespace Meridian.Platform.Config;

/// <summary>A configuration that cannot be used: the message names file, line, option and what was expected.</summary>
public sealed class ConfigException(string message, Exception? inner = null) : Exception(message, inner);
