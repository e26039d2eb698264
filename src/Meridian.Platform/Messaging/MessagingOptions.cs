// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Platform.Messaging;

/// <summary>Options of oslo.messaging beside transport_url. Source: oslo.messaging configuration options.</summary>
public static class MessagingOptions
{
    public static readonly Option<TimeSpan> RpcResponseTimeout = Opt.Seconds("DEFAULT", "rpc_response_timeout", 60, "Seconds to wait for the answer to a call.");
    public static readonly Option<bool> Ssl = Opt.Boolean("oslo_messaging_rabbit", "ssl", false, "Speak TLS with the broker.", deprecated: ["rabbit_use_ssl"]);
    public static readonly Option<string?> SslCaFile = Opt.Text("oslo_messaging_rabbit", "ssl_ca_file", null, "CA certificates that the broker's must be signed by.", deprecated: ["kombu_ssl_ca_certs"]);
    public static readonly Option<string?> SslCertFile = Opt.Text("oslo_messaging_rabbit", "ssl_cert_file", null, "Client certificate.", deprecated: ["kombu_ssl_certfile"]);
    public static readonly Option<string?> SslKeyFile = Opt.Text("oslo_messaging_rabbit", "ssl_key_file", null, "Client key.", deprecated: ["kombu_ssl_keyfile"]);
    public static readonly Option<TimeSpan> HeartbeatTimeout = Opt.Seconds(
        "oslo_messaging_rabbit", "heartbeat_timeout_threshold", 60, "Seconds without a sign of life after which the broker counts as gone; 0 is never.");
    public static readonly Option<TimeSpan> ReconnectDelay = Opt.Seconds("oslo_messaging_rabbit", "kombu_reconnect_delay", 1, "Seconds to wait before connecting again.");

    public static IReadOnlyList<Option> All { get; } = [RpcResponseTimeout, Ssl, SslCaFile, SslCertFile, SslKeyFile, HeartbeatTimeout, ReconnectDelay];
}
