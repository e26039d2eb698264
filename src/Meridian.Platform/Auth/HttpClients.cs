// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography.X509Certificates;

using Meridian.Platform.Config;

using Polly;
using Polly.Retry;

namespace Meridian.Platform.Auth;

/// <summary>HTTP clients towards other services, one a set of TLS options in a process. Safe methods are tried again, with jitter.</summary>
public static class HttpClients
{
    public static HttpClient For(ServiceConfig config, AuthSection section, ProcessResources resources)
    {
        var (ca, certificate, key, insecure) = (config.Get(section.CaFile), config.Get(section.CertFile), config.Get(section.KeyFile), config.Get(section.Insecure));
        return resources.Get($"{ca}|{certificate}|{key}|{insecure}", () => Make(ca, certificate, key, insecure));
    }

    private static HttpClient Make(string? ca, string? certificate, string? key, bool insecure)
    {
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false, AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxConnectionsPerServer = 256,
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key)];
        }

        if (insecure)
        {
            // The operator asked for it with `insecure = true`.
#pragma warning disable CA5359
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (ca is not null)
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(ca);
            handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return new(new RetryHandler(handler)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private sealed class RetryHandler : DelegatingHandler
    {
        private readonly ResiliencePipeline<HttpResponseMessage> retry = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = 2, Delay = TimeSpan.FromMilliseconds(100), BackoffType = DelayBackoffType.Exponential, UseJitter = true,
                ShouldHandle = new PredicateBuilder<HttpResponseMessage>().Handle<HttpRequestException>(),
            })
            .Build();

        public RetryHandler(HttpMessageHandler inner)
            : base(inner)
        {
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            return await retry.ExecuteAsync(async token => await base.SendAsync(request, token), cancellationToken);
        }
    }
}
