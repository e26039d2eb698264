// SPDX-License-Identifier: Apache-2.0

using System.Text;
using Meridian.Platform.Ovsdb;

namespace Meridian.Platform.Tests.Ovsdb;

public sealed class OvsdbClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly OvsdbServer server = new();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OvsdbServer.IsInstalled, "ovsdb-server and the OVN schemas are not installed");
        await server.StartAsync();
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_transaction_is_seen_in_the_copy_as_soon_as_it_returns()
    {
        await using var client = Client();

        for (var i = 0; i < 50; i++)
        {
            var ids = await client.TransactAsync(Switch($"s{i}", out _), Token);

            Assert.Equal($"s{i}", client.Table("Logical_Switch").Find(ids[0])?.Text("name"));
        }
    }

    [Fact]
    public async Task Sets_maps_and_optionals_are_kept_through_changes()
    {
        await using var client = Client();
        var transaction = Switch("s", out var reference);
        var port = transaction.Insert("Logical_Switch_Port", Columns(("name", "p"), ("addresses", new[] { "a", "b" }), ("options", Map(("k", "1"), ("l", "2")))));
        transaction.Add("Logical_Switch", reference, "ports", new object[] { port });
        var ids = await client.TransactAsync(transaction, Token);
        OvsdbRow Port() => client.Table("Logical_Switch_Port").Find(ids[1])!;

        Assert.Equal([ids[1]], client.Table("Logical_Switch").Find(ids[0])!.References("ports"));
        Assert.Equal(["a", "b"], Port().Texts("addresses").Order());
        Assert.Null(Port().Reference("dhcpv4_options"));

        var change = new OvsdbTransaction();
        Assert.True(change.UpdateDifferences(Port(), Columns(("name", "p"), ("addresses", new[] { "b", "c", "d" }), ("options", Map(("k", "1"), ("l", "3"))), ("enabled", false))));
        change.Add("Logical_Switch_Port", ids[1], "external_ids", Map(("neutron:x", "é \"quoted\" \\ {")));
        await client.TransactAsync(change, Token);

        Assert.Equal(["b", "c", "d"], Port().Texts("addresses").Order());
        Assert.Equal("3", Port().Entry("options", "l"));
        Assert.Equal("é \"quoted\" \\ {", Port().Entry("external_ids", "neutron:x"));
        Assert.False(Assert.IsType<bool>(Port().Value("enabled")));
        Assert.False(new OvsdbTransaction().UpdateDifferences(Port(), Columns(("addresses", new[] { "d", "b", "c" }), ("enabled", false))));

        var tagged = new OvsdbTransaction();
        tagged.Update("Logical_Switch_Port", ids[1], Columns(("tag", 7)));
        await client.TransactAsync(tagged, Token);
        Assert.Equal(7L, Port().Integer("tag"));

        var clear = new OvsdbTransaction();
        clear.Update("Logical_Switch_Port", ids[1], Columns(("enabled", null), ("addresses", Array.Empty<string>())));
        await client.TransactAsync(clear, Token);

        Assert.Null(Port().Value("enabled"));
        Assert.Empty(Port().Texts("addresses"));
    }

    [Fact]
    public async Task A_refused_operation_changes_nothing_and_says_why()
    {
        await using var client = Client();
        var transaction = Switch("s", out _);
        transaction.Insert("Logical_Switch_Port", Columns(("no_such_column", "x")));

        var error = await Assert.ThrowsAsync<OvsdbException>(() => client.TransactAsync(transaction, Token));

        Assert.Contains("no_such_column", error.Message, StringComparison.Ordinal);
        Assert.Empty(client.Table("Logical_Switch").Rows);
    }

    [Fact]
    public async Task Two_ports_of_one_name_are_a_constraint_violation()
    {
        await using var client = Client();
        var transaction = Switch("s", out var reference);
        transaction.Add("Logical_Switch", reference, "ports", new object[]
        {
            transaction.Insert("Logical_Switch_Port", Columns(("name", "p"))), transaction.Insert("Logical_Switch_Port", Columns(("name", "p"))),
        });

        var error = await Assert.ThrowsAsync<OvsdbException>(() => client.TransactAsync(transaction, Token));

        Assert.Equal("constraint violation", error.Error);
    }

    [Fact]
    public async Task After_a_restart_of_the_server_the_copy_catches_up()
    {
        await using var client = Client();
        await client.TransactAsync(Switch("before", out _), Token);
        await server.StopAsync();
        await server.StartAsync();
        await using var other = Client();
        await other.TransactAsync(Switch("after", out _), Token);

        await client.WaitForAsync(c => c.Table("Logical_Switch").FindBy("name", "after") is not null, Limit, Token);

        Assert.Equal(2, client.Table("Logical_Switch").Rows.Count());
        await client.TransactAsync(Switch("again", out _), Token);
        await other.WaitForAsync(c => c.Table("Logical_Switch").FindBy("name", "again") is not null, Limit, Token);
    }

    [Fact]
    public async Task A_server_that_is_away_is_named()
    {
        await using var client = new OvsdbClient(OvsdbEndpoint.ParseList("unix:/nonexistent/db.sock"), "OVN_Northbound", []);

        var error = await Assert.ThrowsAsync<OvsdbUnavailableException>(() => client.ConnectAsync(TimeSpan.FromMilliseconds(300), Token));

        Assert.Contains("unix:/nonexistent/db.sock", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp:127.0.0.1:6641", "tcp:127.0.0.1:6641")]
    [InlineData("tcp:[::1]:6641", "tcp:[::1]:6641")]
    [InlineData("unix:/run/ovn/ovnnb_db.sock", "unix:/run/ovn/ovnnb_db.sock")]
    public void Connections_are_read_as_OVN_writes_them(string text, string expected) => Assert.Equal(expected, OvsdbEndpoint.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("tcp:127.0.0.1")]
    [InlineData("http://x")]
    [InlineData("ssl:127.0.0.1:6641")]
    [InlineData("tcp:h:70000")]
    public void Other_connections_are_refused(string text) => Assert.Throws<FormatException>(() => OvsdbEndpoint.ParseList(text));

    [Fact]
    public async Task Messages_are_cut_wherever_the_bytes_break()
    {
        var text = """{"a":"}{\"","b":[1,{"c":"\\"}]}  {"d":"é"}{"e":null}""";
        var bytes = Encoding.UTF8.GetBytes(text);

        for (var size = 1; size < 7; size++)
        {
            var stream = new JsonStream(new SlowStream(bytes, size));
            var seen = new List<string>();
            while (await stream.ReadAsync(Token) is { } document)
            {
                seen.Add(document.RootElement.GetRawText());
            }

            Assert.Equal(["""{"a":"}{\"","b":[1,{"c":"\\"}]}""", """{"d":"é"}""", """{"e":null}"""], seen);
        }
    }

    private static OvsdbTransaction Switch(string name, out OvsdbReference reference)
    {
        var transaction = new OvsdbTransaction();
        reference = transaction.Insert("Logical_Switch", Columns(("name", name)));
        return transaction;
    }

    private static Dictionary<string, object?> Columns(params (string Name, object? Value)[] columns) => columns.ToDictionary(c => c.Name, c => c.Value);

    private static Dictionary<string, string> Map(params (string Key, string Value)[] pairs) => pairs.ToDictionary(p => p.Key, p => p.Value);

    private OvsdbClient Client() => new(OvsdbEndpoint.ParseList(server.Remote), "OVN_Northbound", [new("Logical_Switch"), new("Logical_Switch_Port")]);

    private sealed class SlowStream(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
