// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Http;

namespace Meridian.Identity.Tokens.Receipts;

/// <summary>Issues receipts and takes them back. The keys are read each time: a receipt is rare, and rotations hold at once.</summary>
internal sealed class ReceiptService(TokenFormat format, ServiceConfig config, TimeProvider clock)
{
    private readonly FernetKeyRepository repository = ReceiptOptions.Repository(config);

    public (string Text, Receipt Receipt) Issue(string userId, IEnumerable<string> methods)
    {
        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        var receipt = new Receipt(userId, [.. methods], issuedAt, issuedAt.AddSeconds(config.Get(ReceiptOptions.Expiration)));
        return repository.LoadKeys() is [{ } primary, ..]
            ? (primary.Encrypt(format.Write(receipt), issuedAt), receipt)
            : throw new InvalidOperationException($"No encryption keys found in {repository.Path}; run keystone-manage receipt_setup to bootstrap one.");
    }

    /// <exception cref="ApiException">401: it is none of ours, is over, or somebody else's.</exception>
    public Receipt Get(string text, string userId) =>
        Decode(text) is { } receipt && receipt.UserId == userId && clock.GetUtcNow() < receipt.ExpiresAt
            ? receipt
            : throw new ApiException(401, $"Could not find auth receipt: {text}.");

    private Receipt? Decode(string text)
    {
        if (Fernet.Decode(text) is not { } frame)
        {
            return null;
        }

        foreach (var key in repository.LoadKeys())
        {
            if (key.Decrypt(frame, out var issuedAt) is { } plain)
            {
                try
                {
                    return format.ReadReceipt(plain, issuedAt);
                }
                catch (Exception e) when (e is FormatException or OverflowException)
                {
                    return null; // A token, where both share their keys.
                }
            }
        }

        return null;
    }
}
