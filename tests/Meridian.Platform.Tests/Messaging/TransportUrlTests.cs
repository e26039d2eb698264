// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;
using Meridian.Platform.Messaging;

namespace Meridian.Platform.Tests.Messaging;

public sealed class TransportUrlTests
{
    [Theory]
    [InlineData("rabbit://", "localhost:5672:guest:guest", "/")]
    [InlineData("rabbit://openstack:p%40ss@10.0.0.1", "10.0.0.1:5672:openstack:p@ss", "/")]
    [InlineData("rabbit://openstack:secret@10.0.0.1:5673/nova", "10.0.0.1:5673:openstack:secret", "nova")]
    [InlineData("rabbit://a:b@h1:1,c:d@h2:2//", "h1:1:a:b h2:2:c:d", "/")]
    [InlineData("rabbit://u:p@[fd00::1]:5671/v%2fh?ssl=1", "fd00::1:5671:u:p", "v/h")]
    public void Reads_what_oslo_messaging_reads(string text, string hosts, string virtualHost)
    {
        var url = TransportUrl.Parse(text, "test");

        Assert.Equal(hosts, string.Join(' ', url.Hosts.Select(h => $"{h.Host}:{h.Port}:{h.User}:{h.Password}")));
        Assert.Equal(virtualHost, url.VirtualHost);
        Assert.DoesNotContain("secret", url.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Knows_the_bus_inside_a_process() => Assert.True(TransportUrl.Parse("fake://region-one", "test").IsInProcess);

    [Theory]
    [InlineData("")]
    [InlineData("rabbit")]
    [InlineData("zmq://host")]
    [InlineData("rabbit://u:hidden@host:port/")]
    [InlineData("rabbit://u:hidden@:5672/")]
    public void Refuses_what_is_no_such_url(string text)
    {
        var error = Assert.Throws<ConfigException>(() => TransportUrl.Parse(text, "transport_url of nova.conf:7"));

        Assert.StartsWith("transport_url of nova.conf:7", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.Message, StringComparison.Ordinal);
    }
}
