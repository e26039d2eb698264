// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Meridian.System.Tests.Kills;

/// <summary>Stands before a service and passes everything on; where a test asks for it, the service acts and its answer is lost.</summary>
internal sealed class DroppingProxy : IAsyncDisposable
{
    private static readonly HashSet<string> NotPassedOn = new(["Host", "Transfer-Encoding", "Connection", "Content-Length"], StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> drops = new();
    private readonly ConcurrentQueue<string> dropped = new();
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly WebApplication app;

    private DroppingProxy(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    public IReadOnlyCollection<string> Dropped => dropped;

    public static async Task<DroppingProxy> StartAsync(string target)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var proxy = new DroppingProxy(app);
        app.Run(context => proxy.PassAsync(context, target));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    /// <summary>The next request of this method whose path begins so is answered by a closed connection, after the service has committed.</summary>
    public void DropNext(string method, string path) => drops[$"{method} {path}"] = true;

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task PassAsync(HttpContext context, string target)
    {
        using var request = new HttpRequestMessage(new(context.Request.Method), target + context.Request.Path + context.Request.QueryString);
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => !NotPassedOn.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        using var response = await http.SendAsync(request, context.RequestAborted);
        var what = $"{context.Request.Method} {context.Request.Path}";
        if (drops.Keys.FirstOrDefault(drop => what.StartsWith(drop, StringComparison.Ordinal)) is { } asked && drops.TryRemove(asked, out _))
        {
            dropped.Enqueue($"{what} {(int)response.StatusCode}");
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => !NotPassedOn.Contains(header.Key)))
        {
            context.Response.Headers[name] = new StringValues([.. values]);
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
