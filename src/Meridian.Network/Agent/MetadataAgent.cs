// SPDX-License-Identifier: Apache-2.0

using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Meridian.Network.Drivers.Ovn;
using Meridian.Platform.Ovsdb;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Meridian.Network.Agent;

/// <summary>
/// neutron-ovn-metadata-agent: a reconciler that serves metadata in every network with a port on this host, poked by changes of OVN's southbound rows,
/// and the web server behind its sockets.
/// </summary>
internal sealed partial class MetadataAgent : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);
    private readonly MetadataConnections connections;
    private readonly MetadataDirectory directory;
    private readonly MetadataNamespaces namespaces;
    private readonly MetadataListener listener;
    private readonly KestrelServer server;
    private readonly MetadataProxy proxy;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Channel<bool> pokes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public MetadataAgent(
        MetadataConnections connections, MetadataDirectory directory, MetadataNamespaces namespaces, MetadataListener listener, MetadataProxy proxy,
        IServiceProvider services, TimeProvider clock, ILoggerFactory loggers)
    {
        (this.connections, this.directory, this.namespaces, this.listener, this.proxy, this.clock) = (connections, directory, namespaces, listener, proxy, clock);
        logger = loggers.CreateLogger<MetadataAgent>();
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        options.Listen(new MetadataEndPoint(), listen => listen.Protocols = HttpProtocols.Http1);
        server = new(Options.Create(options), listener, loggers);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await server.StartAsync(new Application(proxy), cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await server.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        server.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        connections.Southbound.Changed += OnChanged;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await ReconcileAsync(stoppingToken);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(error.Message);
                }

                await WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            connections.Southbound.Changed -= OnChanged;
        }
    }

    private void OnChanged(IReadOnlyList<OvsdbChange> changes) => pokes.Writer.TryWrite(true);

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var round = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(Round, clock, round.Token);
        await Task.WhenAny(timer, pokes.Reader.WaitToReadAsync(round.Token).AsTask());
        await round.CancelAsync();
        pokes.Reader.TryRead(out _);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        await connections.ConnectAsync(cancellationToken);
        var wanted = directory.LocalNetworks();
        foreach (var id in namespaces.Existing().Where(id => wanted.All(n => n.NetworkId != id)))
        {
            listener.Remove(id);
            await namespaces.RemoveAsync(id, cancellationToken);
        }

        foreach (var network in wanted)
        {
            await ServeAsync(network, cancellationToken);
        }

        await AnswerAsync(cancellationToken);
    }

    private async Task ServeAsync(MetadataNetwork network, CancellationToken cancellationToken)
    {
        try
        {
            await namespaces.EnsureAsync(network, cancellationToken);
            await listener.AddAsync(network.NetworkId, MetadataNamespaces.NameOf(network.NetworkId));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogNetworkFailed(network.NetworkId, error.Message);
        }
    }

    /// <summary>Repeats nb_cfg beside this host's row: the sign of life that <c>network agent list</c> shows.</summary>
    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        var southbound = connections.Southbound;
        if (southbound.Table("Chassis_Private").FindBy("name", directory.ChassisName ?? "") is not { } row)
        {
            return;
        }

        var asked = southbound.Table("SB_Global").Rows.Select(r => r.Integer("nb_cfg")).FirstOrDefault();
        var ids = row.Map("external_ids").ToDictionary(p => p.Key, p => p.Value);
        ids[OvnNames.MetadataAgentId] = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes("metadata agent " + row.Text("name"))).AsSpan(0, 16)).ToString("D");
        ids[OvnNames.MetadataAgentAnswer] = $"{asked}";
        var transaction = new OvsdbTransaction();
        transaction.UpdateDifferences(row, new Dictionary<string, object?> { ["external_ids"] = ids });
        await southbound.TransactAsync(transaction, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metadata agent: this round failed, the next one tries again: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metadata cannot be served in network {NetworkId} yet: {Reason}")]
    private partial void LogNetworkFailed(string networkId, string reason);

    private sealed class Application(MetadataProxy proxy) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => proxy.HandleAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
