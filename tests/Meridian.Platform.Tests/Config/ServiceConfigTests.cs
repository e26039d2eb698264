// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Platform.Tests.Config;

public sealed class ServiceConfigTests
{
    private static readonly Option<string?> Host = Opt.Text("DEFAULT", "host", "localhost", "Name of the host.");
    private static readonly Option<string?> Url = Opt.Text("api", "url", null, "URL.", deprecated: ["DEFAULT.old_url"]);
    private static readonly Option<int> Port = Opt.Port("api", "port", 80, "Port.");
    private static readonly Option<string[]> Filters = Opt.List("api", "filters", ["a"], "Filters.");
    private static readonly Option<string?> Secret = Opt.Text("api", "password", null, "Password.", secret: true);
    private static readonly Option<string[]> Drivers = Opt.Multi("api", "driver", [], "Drivers.");

    private static ServiceConfig Load(string text) =>
        ServiceConfig.Load(new ConfigSources().AddText(text, "nova.conf"), [Host, Url, Port, Filters, Secret, Drivers], [new("DEFAULT", "use_neutron", "always neutron")]);

    [Fact]
    public void Values_come_from_the_file_and_defaults_from_the_declaration()
    {
        var config = Load("[api]\nport = 8774\nfilters = x, \"y,z\" ,w\n");

        Assert.Equal(8774, config.Get(Port));
        Assert.Equal("localhost", config.Get(Host));
        Assert.Equal(["x", "y,z", "w"], config.Get(Filters));
    }

    [Theory]
    [InlineData("http://$host:${port}/", "http://localhost:80/")]
    [InlineData("${DEFAULT.host}", "localhost")]
    [InlineData("cost: $$5 $unknown", "cost: $5 $unknown")]
    public void Substitution_takes_options_of_the_section_and_of_default(string written, string read) =>
        Assert.Equal(read, Load($"[api]\nurl = {written}\n").Get(Url));

    [Fact]
    public void A_bad_value_names_file_line_option_and_what_was_expected()
    {
        var error = Assert.Throws<ConfigException>(() => Load("# comment\n[api]\nport = http\n"));

        Assert.Equal("nova.conf:3: option port in section [api] is \"http\"; expected an integer from 0 to 65535.", error.Message);
    }

    [Fact]
    public void A_value_that_refers_to_itself_is_an_error_not_a_hang() =>
        Assert.Contains("refers to itself", Assert.Throws<ConfigException>(() => Load("[api]\nurl = $url\n")).Message, StringComparison.Ordinal);

    [Fact]
    public void Multi_options_keep_every_line_and_continued_lines_are_joined()
    {
        var config = Load("[api]\ndriver = messagingv2\ndriver = log\nurl = one\n  two\n");

        Assert.Equal(["messagingv2", "log"], config.Get(Drivers));
        Assert.Equal("one\ntwo", config.Get(Url));
    }

    [Fact]
    public void Old_names_answer_and_findings_say_so()
    {
        var config = Load("[DEFAULT]\nold_url = u\nuse_neutron = True\nnonsense = 1\n");

        Assert.Equal("u", config.Get(Url));
        Assert.Equal([FindingKind.Deprecated, FindingKind.NoEffect, FindingKind.Unknown], config.Findings.Select(f => f.Kind));
    }

    [Fact]
    public void The_environment_wins_over_files()
    {
        var sources = new ConfigSources().AddText("[api]\nport = 1\n", "nova.conf")
            .AddEnvironment(new Dictionary<string, string> { ["OS_API__PORT"] = "2" }, [Port]);

        Assert.Equal(2, ServiceConfig.Load(sources, [Port]).Get(Port));
    }

    [Theory]
    [InlineData("  indented = 1\n")]
    [InlineData("[api\nx = 1\n")]
    [InlineData("[api]\nno value here\n")]
    public void A_file_that_is_not_of_the_dialect_is_refused_with_its_line(string text) =>
        Assert.Contains("nova.conf:", Assert.Throws<ConfigException>(() => Load(text)).Message, StringComparison.Ordinal);
}
