// SPDX-License-Identifier: Apache-2.0
using Meridian.Identity.Tokens;

namespace Meridian.Identity.Manage;

/// <summary><c>create_jws_keypair</c>: private.pem and public.pem in the folder where it is run.</summary>
internal static class JwsKeyPairCommand
{
    public static ManageCommand CreateJwsKeyPair { get; } = new(
        "create_jws_keypair", "Write a new pair of keys for JWS tokens, private.pem and public.pem, into this folder.",
        [.. KeyOwner.Options, new("--force", null, "Write over keys that exist.")],
        RunAsync);

    private static Task<int> RunAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var (own, shared) = (Path.Combine(context.WorkingDirectory, "private.pem"), Path.Combine(context.WorkingDirectory, "public.pem"));
        foreach (var (kind, file) in new[] { ("Private", own), ("Public", shared) })
        {
            if (File.Exists(file) && !context.Arguments.Has("--force"))
            {
                throw new ManageExitException($"{kind} key {file} already exists");
            }
        }

        var owner = KeyOwner.Of(context.Arguments);
        JwsKeyRepository.CreatePair(own, shared, TokenOptions.SigningAlgorithm(context.Config));
        owner.Give([own, shared]);
        return Task.FromResult(0);
    }
}
