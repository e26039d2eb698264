// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

using CsCheck;

using Meridian.Identity.Catalog;

namespace Meridian.Identity.Tests.Catalog;

/// <summary>URL templates, and catalogs made of them, against naive models.</summary>
public sealed partial class CatalogTemplateTests
{
    private static readonly string[] Documented = ["project_id", "tenant_id", "user_id"];

    private static readonly Gen<string> Names = Gen.OneOf(
        Gen.OneOf<string>(Documented), Gen.OneOf<string>("admin_token", "connection", "compute_host", "public_endpoint", "PROJECT_ID", "project_id ", "", "0.__class__"), Gen.String[Gen.Char['a', 'z'], 0, 8]);

    /// <summary>Whole placeholders, broken ones, and the characters they are made of.</summary>
    private static readonly Gen<string> Pieces = Gen.OneOf(
        Names.Select(name => $"%({name})s"), Names.Select(name => $"$({name})s"), Names.Select(name => $"{{{name}}}"), Names.Select(name => $"${{{name}}}"),
        Names.Select(name => $"%({name})d"), Names.Select(name => $"%({name}"), Gen.OneOf<string>("%%", "%", "$", "(", ")", "s", "%s", "{", "}", "/v3/", "http://192.0.2.1:80", "é", "\"", "\\", "%25"));

    private static readonly Gen<string> Templates = Pieces.Array[0, 6].Select(string.Concat);

    /// <summary>URLs that are templates.</summary>
    private static readonly Gen<string> Urls = Gen.OneOf(
        Gen.OneOf<string>(Documented).Select(name => $"%({name})s"), Gen.OneOf<string>(Documented).Select(name => $"$({name})s"), Gen.OneOf<string>("http://192.0.2.1/", "%%", "é\"\\<", "x", "")).Array[0, 5].Select(string.Concat);

    private static readonly Gen<(string? Region, string Url)[][]> Catalogs = Gen.Select(Gen.OneOf<string?>(null, "RegionOne", "Région \"2\""), Urls).Array[0, 4].Array[0, 4];

    [Fact]
    public void A_template_names_documented_ids_only() =>
        Templates.Sample(url => EndpointUrl.TryParse(url, out _) == Whitelisted().IsMatch(url), iter: 20_000);

    [Fact]
    public void A_url_is_its_template_with_the_ids_put_in() =>
        Urls.Sample(url => EndpointUrl.TryParse(url, out var template) && template.Format("P", "U") == Naive(url, "P", "U"), iter: 5_000);

    [Fact]
    public void A_filled_template_is_the_catalog_written_anew() => Gen.Select(Catalogs, Gen.Bool, Gen.Bool.Array[16]).Sample((catalog, hasProject, chosen) =>
    {
        var services = catalog.Select((endpoints, i) => new CatalogService(
            new Service { Id = $"s{i}", Type = "t", Name = i == 0 ? null : "ü" },
            [.. endpoints.Select((e, j) => new CatalogEndpoint(new Endpoint { Id = $"e{i}{j}", Interface = "public", RegionId = e.Region }, Parse(e.Url)))])).ToList();
        var only = services.SelectMany(s => s.Endpoints).Select(e => e.Row.Id).Where((_, i) => chosen[i]).ToHashSet(StringComparer.Ordinal);
        var filter = hasProject && chosen[0] ? only : null;
        var (project, user) = (hasProject ? "0123456789abcdef" : null, "u/\"ü");

        var rendering = CatalogTemplate.Make(services, hasProject, filter).For(project, user);
        var written = new ArrayBufferWriter<byte>();
        rendering.WriteTo(written);

        Assert.Equal(rendering.Length, written.WrittenCount);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Expected(services, filter, project, user)), JsonElement.Parse(written.WrittenSpan)), Encoding.UTF8.GetString(written.WrittenSpan));
    }, iter: 2_000);

    [Fact]
    public void Catalogs_that_differ_have_different_tags() => Gen.Select(Catalogs, Catalogs, Gen.OneOf<string>("p1", "p2"), Gen.OneOf<string>("u1", "u2")).Sample((one, two, project, user) =>
    {
        var (a, b) = (Render(one, "p1", "u1"), Render(two, project, user));
        Assert.Equal(a.Text == b.Text, a.Tag == b.Tag);
    }, iter: 5_000);

    private static (string Text, string Tag) Render((string? Region, string Url)[][] catalog, string project, string user)
    {
        var services = catalog.Select((endpoints, i) => new CatalogService(
            new Service { Id = $"s{i}", Type = "t" }, [.. endpoints.Select((e, j) => new CatalogEndpoint(new Endpoint { Id = $"e{i}{j}", Interface = "public", RegionId = e.Region }, Parse(e.Url)))]));
        var rendering = CatalogTemplate.Make(services, hasProject: true).For(project, user);
        var written = new ArrayBufferWriter<byte>();
        rendering.WriteTo(written);
        return (Encoding.UTF8.GetString(written.WrittenSpan), rendering.Tag);
    }

    private static EndpointUrl Parse(string url) => EndpointUrl.TryParse(url, out var parsed) ? parsed : throw new InvalidOperationException(url);

    private static string Naive(string url, string project, string user) => Placeholder().Replace(url, m => m.Groups["name"].Value switch { "user_id" => user, "" => "%", _ => project });

    private static string Expected(IEnumerable<CatalogService> services, IReadOnlySet<string>? only, string? project, string user) => JsonSerializer.Serialize(services
        .Select(s => new
        {
            endpoints = s.Endpoints.Where(e => only?.Contains(e.Row.Id) != false).Select(e => (e.Row, Url: e.Url.Format(project, user))).Where(e => e.Url is not null)
                .Select(e => new { id = e.Row.Id, @interface = e.Row.Interface, region_id = e.Row.RegionId, url = e.Url, region = e.Row.RegionId }).ToList(),
            id = s.Row.Id,
            type = s.Row.Type,
            name = s.Row.Name ?? "",
        })
        .Where(s => only is null || s.endpoints.Count > 0));

    // Text without % and braces, %% for a percent sign, a $ that begins nothing, and the three names in both spellings.
    [GeneratedRegex(@"^(?:[^%${}]|%%|\$(?![({])|[%$]\((?:project_id|tenant_id|user_id)\)s)*$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Whitelisted();

    [GeneratedRegex(@"%%|[%$]\((?<name>\w+)\)s")]
    private static partial Regex Placeholder();
}
