// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

namespace Meridian.Identity.Tokens.Methods;

/// <summary>401 to a method that [auth] methods does not name or that is not served; as Keystone's, its body names those that are configured.</summary>
internal sealed class UnsupportedMethodException(IReadOnlyList<string> configured) : ApiException(401, "Attempted to authenticate with an unsupported method.")
{
    public IReadOnlyList<string> Configured { get; } = configured;
}
