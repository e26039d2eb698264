// SPDX-License-Identifier: Apache-2.0
using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

using FluentMigrator;

using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Mapping;

using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;
using Meridian.Testing;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;

namespace Meridian.Platform.Tests.Http;

public sealed partial class ServiceHostTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private TestService service = null!;

    public async ValueTask InitializeAsync() => service = await TestService.StartAsync(
        new ServiceDefinition
        {
            Program = "widget-api", ConfigFileName = "widget.conf", Options = ServiceDefinition.CommonOptions, Connection = DatabaseOptions.Connection,
            Migrations = Assembly.GetExecutingAssembly(), Listen = _ => new("127.0.0.1", 0), Faults = new PlainFaults(), Map = Map,
        },
        $"[database]\nconnection = sqlite:///{folder.File("widget.db")}\n");

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_row_written_in_a_transaction_is_read_back_with_microseconds()
    {
        var made = new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc).AddMicroseconds(901);

        using var created = await service.Client.PostAsJsonAsync("/v1/widgets", new { name = "💡", made }, Token);
        var read = await service.Client.GetFromJsonAsync<JsonElement>("/v1/widgets/1", Token);

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("💡", read.GetProperty("name").GetString());
        Assert.Equal(made, read.GetProperty("made").GetDateTime());
    }

    [Fact]
    public async Task A_transaction_that_lost_is_503()
    {
        using var response = await service.Client.GetAsync("/v1/widgets/lost", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Theory]
    [InlineData("{\"name\": \"x\", \"colour\": 1}", "Additional properties are not allowed ('colour' was unexpected)")]
    [InlineData("{}", "'name' is a required property")]
    [InlineData("{\"name\": 5}", "field/attribute name. Value: 5")]
    [InlineData("{\"name\": \"x\", \"name\": \"y\"}", "same name twice")]
    [InlineData("{", "not valid JSON")]
    [InlineData("null", "not of type 'object'")]
    public async Task A_bad_body_is_400_naming_the_member(string body, string expected)
    {
        using var response = await service.Client.PostAsync("/v1/widgets", new StringContent(body, Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200_000, "application/json", 413)]
    [InlineData(10, "application/xml", 415)]
    public async Task Too_large_is_413_and_another_media_type_415(int length, string mediaType, int status)
    {
        using var response = await service.Client.PostAsync("/v1/widgets", new StringContent(new string(' ', length), Encoding.UTF8, mediaType), Token);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(null, 200, "widget 1.1")]
    [InlineData("widget latest", 200, "widget 1.9")]
    [InlineData("other 7.7, widget 1.4", 200, "widget 1.4")]
    [InlineData("widget 1.99", 406, "widget 1.99")]
    [InlineData("widget one", 400, "widget one")]
    public async Task The_version_asked_for_is_negotiated_and_repeated(string? asked, int status, string answered)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/widgets");
        if (asked is not null)
        {
            request.Headers.Add("OpenStack-API-Version", asked);
        }

        using var response = await service.Client.SendAsync(request, Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(answered, response.Headers.GetValues("OpenStack-API-Version").Single());
    }

    [Theory]
    [InlineData("widget 1.4", 404)]
    [InlineData("widget 1.5", 200)]
    public async Task An_endpoint_is_404_before_its_version(string asked, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/widgets/parts");
        request.Headers.Add("OpenStack-API-Version", asked);

        using var response = await service.Client.SendAsync(request, Token);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task An_unknown_route_a_wrong_verb_and_an_unforeseen_fault_answer_in_the_service_s_shape()
    {
        using var unknown = await service.Client.GetAsync("/nowhere", Token);
        using var verb = await service.Client.DeleteAsync("/v1/widgets", Token);
        using var fault = await service.Client.GetAsync("/v1/widgets/fault", Token);

        Assert.Equal((404, 405, 500), ((int)unknown.StatusCode, (int)verb.StatusCode, (int)fault.StatusCode));
        Assert.DoesNotContain("secret", await fault.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.StartsWith("req-", fault.Headers.GetValues("x-openstack-request-id").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Healthcheck_answers_ok() => Assert.Equal("OK", await service.Client.GetStringAsync("/healthcheck", Token));

    [Fact]
    public async Task Pages_follow_the_keys_with_nulls_first_ascending_and_last_descending()
    {
        var database = (Database)service.Host.Services.GetService(typeof(Database))!;
        await using (var db = await database.BeginAsync(Token))
        {
            foreach (var (name, note) in new[] { ("a", null), ("b", "x"), ("c", "x"), ("d", null), ("e", "y") })
            {
                await db.InsertAsync(new Widget { Name = name, Note = note, Made = DateTime.UnixEpoch }, token: Token);
            }

            await db.CommitAsync(Token);
        }

        Assert.Equal(["a", "d", "b", "c", "e"], await WalkAsync(database, descending: false));
        Assert.Equal(["e", "b", "c", "a", "d"], await WalkAsync(database, descending: true));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<List<string>> WalkAsync(Database database, bool descending)
    {
        var names = new List<string>();
        Widget? marker = null;
        while (true)
        {
            await using var db = database.Open();
            var page = await db.GetTable<Widget>().Page([new("note", w => w.Note, descending), new("id", w => w.Id)], marker, 2).ToListAsync(Token);
            names.AddRange(page.Select(w => w.Name));
            if (page.Count < 2)
            {
                return names;
            }

            marker = page[^1];
        }
    }

    private static void Map(WebApplication app)
    {
        var api = app.MapGroup("/v1/widgets").WithMicroversions(new("widget", new(1, 1), new(1, 9)));
        api.MapPost("", async (HttpRequest request, Database database, CancellationToken token) =>
        {
            var body = await request.ReadJsonAsync(WidgetJson.Default.CreateWidget, token);
            await using var db = await database.BeginAsync(token);
            var id = await db.InsertWithInt32IdentityAsync(new Widget { Name = body.Name, Made = body.Made }, token: token);
            await db.CommitAsync(token);
            return Results.Created($"/v1/widgets/{id}", null);
        });
        api.MapGet("", () => "[]");
        api.MapGet("/parts", () => "[]").Since(1, 5);
        api.MapGet("/fault", string () => throw new InvalidOperationException("secret"));
        api.MapGet("/lost", string () => throw new LinqToDBException("wrapped", new SqliteException("database is locked", 5)));
        api.MapGet("/{id:int}", async (int id, Database database, CancellationToken token) =>
        {
            await using var db = database.Open();
            return Results.Json(await db.GetTable<Widget>().FirstAsync(w => w.Id == id, token), WidgetJson.Default.Widget);
        });
    }

    internal sealed class PlainFaults : JsonFaults
    {
        protected override Task WriteFaultAsync(HttpContext context, ApiException fault) => WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", fault.Message);
            json.WriteEndObject();
        });
    }

    internal sealed class CreateWidget
    {
        public required string Name { get; init; }

        public DateTime Made { get; init; }
    }

    [Table("widgets")]
    internal sealed class Widget
    {
        [PrimaryKey, Identity, Column("id")]
        public int Id { get; init; }

        [Column("name")]
        public string Name { get; init; } = "";

        [Column("note")]
        public string? Note { get; init; }

        [Column("made")]
        public DateTime Made { get; init; }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
    [JsonSerializable(typeof(CreateWidget))]
    [JsonSerializable(typeof(Widget))]
    internal sealed partial class WidgetJson : JsonSerializerContext;
}

[Migration(2026112201)]
public sealed class CreateWidgets : SchemaMigration
{
    public override void Up() => Create.Table("widgets")
        .WithColumn("id").AsInt32().PrimaryKey().Identity()
        .WithColumn("name").AsCustom(Types.Text(255)).NotNullable()
        .WithColumn("note").AsCustom(Types.Text(255)).Nullable()
        .WithColumn("made").AsCustom(Types.Time).NotNullable();
}
