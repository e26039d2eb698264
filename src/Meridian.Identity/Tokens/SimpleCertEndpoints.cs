// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Meridian.Identity.Tokens;

/// <summary>/v3/OS-SIMPLE-CERT: where PKI tokens' certificates were, whoever asks is told that they are gone. Source: Keystone's OS-SIMPLE-CERT.</summary>
internal static class SimpleCertEndpoints
{
    public static void MapSimpleCert(this RouteGroupBuilder api)
    {
        api.MapRead("/OS-SIMPLE-CERT/ca", Gone).AllowAnonymous();
        api.MapRead("/OS-SIMPLE-CERT/certificates", Gone).AllowAnonymous();
    }

    private static IResult Gone() =>
        throw new ApiException(StatusCodes.Status410Gone, "This API is no longer available due to the removal of support for PKI tokens.");
}
