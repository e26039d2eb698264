// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Meridian.Platform.Auth;
using Meridian.Platform.Config;
using Meridian.Testing;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Tests.Auth;

/// <summary>Towards a neighbour with a certificate that nobody signed.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private WebApplication app = null!;
    private string url = "";

    public async ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllTextAsync(folder.File("ca.pem"), certificate.ExportCertificatePem());

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        builder.Services.AddRouting();
        app = builder.Build();
        app.Run(context => context.Response.WriteAsync("reached"));
        await app.StartAsync();
        url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("insecure = false", false)]
    [InlineData("insecure = true", true)]
    [InlineData("cafile = CA", true)]
    public async Task Ossa_2013_018_2014_005_2014_030_2015_007_an_unknown_certificate_is_refused_unless_told(string line, bool reached)
    {
        var section = AuthSection.Declare("neighbour");
        var config = ServiceConfig.Load(
            new ConfigSources().AddText($"[neighbour]\n{line.Replace("CA", folder.File("ca.pem"), StringComparison.Ordinal)}\n", "nova.conf"), section.All);
        await using var resources = new ProcessResources();
        var http = HttpClients.For(config, section, resources);

        if (reached)
        {
            Assert.Equal("reached", await http.GetStringAsync(new Uri(url), TestContext.Current.CancellationToken));
        }
        else
        {
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(new Uri(url), TestContext.Current.CancellationToken));
            Assert.Equal(HttpRequestError.SecureConnectionError, refused.HttpRequestError);
        }
    }
}
