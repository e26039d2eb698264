// SPDX-License-Identifier: Apache-2.0

using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Meridian.Platform.Ovsdb;
using Meridian.Testing;

namespace Meridian.Platform.Tests.Ovsdb;

/// <summary>A server that sends updates right behind the first content, in one packet, as a busy one does.</summary>
public sealed class OvsdbOrderTests : IDisposable
{
    private const string Schema = """{"version":"1.0.0","tables":{"Chassis":{"columns":{"name":{"type":"string"}}}}}""";
    private static readonly Guid First = Guid.NewGuid();
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Updates_right_behind_the_first_content_are_not_undone_by_it()
    {
        var token = TestContext.Current.CancellationToken;
        var inserted = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToList();
        for (var round = 0; round < 20; round++)
        {
            var path = folder.File($"{round}.sock");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var serving = ServeAsync(listener, inserted);
            await using (var client = new OvsdbClient(OvsdbEndpoint.ParseList($"unix:{path}"), "OVN_Southbound", [new("Chassis")]))
            {
                await client.WaitForAsync(c => c.Table("Chassis").Find(inserted[^1]) is not null, TimeSpan.FromSeconds(10), token);

                Assert.Equal(inserted.Append(First).Order(), client.Table("Chassis").Rows.Select(r => r.Uuid).Order());
                Assert.Equal("new", client.Table("Chassis").Find(First)!.Text("name"));
            }

            await serving;
        }
    }

    private static async Task ServeAsync(Socket listener, IReadOnlyList<Guid> inserted)
    {
        using var socket = await listener.AcceptAsync();
        await using var stream = new NetworkStream(socket);
        var reader = new JsonStream(stream);
        while (await reader.ReadAsync(CancellationToken.None) is { } request)
        {
            var id = request.RootElement.GetProperty("id").GetRawText();
            var text = request.RootElement.GetProperty("method").GetString() == "get_schema" ? Answer(id, Schema) : Content(id, inserted);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        }
    }

    private static string Content(string id, IReadOnlyList<Guid> inserted) =>
        Answer(id, $$"""[false,"{{Guid.NewGuid()}}",{"Chassis":{"{{First}}":{"initial":{"name":"old"} } } }]""") +
        Update(First, """{"modify":{"name":"new"}}""") + string.Concat(inserted.Select(row => Update(row, """{"insert":{"name":"x"}}""")));

    private static string Answer(string id, string result) => $$"""{"id":{{id}},"error":null,"result":{{result}}}""";

    private static string Update(Guid row, string change) =>
        JsonSerializer.Serialize(new { id = (string?)null, method = "update3", @params = new object[] { new[] { "meridian", "x" }, Guid.NewGuid(), JsonDocument.Parse($$"""{"Chassis":{"{{row}}":{{change}} } }""").RootElement } });
}
