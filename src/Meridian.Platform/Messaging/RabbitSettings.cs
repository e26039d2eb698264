// SPDX-License-Identifier: Apache-2.0
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Meridian.Platform.Config;

using RabbitMQ.Client;

namespace Meridian.Platform.Messaging;

/// <summary>[oslo_messaging_rabbit], read.</summary>
internal sealed record RabbitSettings(TimeSpan Heartbeat, TimeSpan ReconnectDelay, RabbitTls? Tls)
{
    public static RabbitSettings From(ServiceConfig config) => new(
        config.Get(MessagingOptions.HeartbeatTimeout),
        config.Get(MessagingOptions.ReconnectDelay),
        config.Get(MessagingOptions.Ssl)
            ? new(config.Get(MessagingOptions.SslCaFile), config.Get(MessagingOptions.SslCertFile), config.Get(MessagingOptions.SslKeyFile))
            : null);
}

/// <param name="CaFile">The machine's own authorities when null: a certificate is always verified.</param>
internal sealed record RabbitTls(string? CaFile, string? CertFile, string? KeyFile)
{
    public SslOption For(string host)
    {
        var option = new SslOption { Enabled = true, ServerName = host };
        if (CertFile is not null)
        {
            option.Certs = [X509Certificate2.CreateFromPemFile(CertFile, KeyFile)];
        }

        if (CaFile is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(CaFile);
            option.CertificateValidationCallback = (_, certificate, _, errors) => Verify(certificate, errors, authorities);
        }

        return option;
    }

    /// <summary>The name must be right; the chain must end at one of the authorities instead of at the machine's.</summary>
    private static bool Verify(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is not X509Certificate2 leaf || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf);
    }
}
