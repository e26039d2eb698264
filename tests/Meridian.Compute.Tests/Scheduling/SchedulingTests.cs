// SPDX-License-Identifier: Apache-2.0
using CsCheck;

using Meridian.Compute.Drivers;
using Meridian.Compute.Scheduling;
using Meridian.Platform.Config;

namespace Meridian.Compute.Tests.Scheduling;

public sealed class SchedulingTests
{
    private static readonly ServiceConfig Defaults = ServiceConfig.Load(new ConfigSources(), NovaConf.Options, NovaConf.Retired);

    [Fact]
    public void The_best_host_is_never_worse_in_everything_than_another() =>
        Gen.Select(Gen.Int[0, 64], Gen.Int[0, 4096], Gen.Int[0, 100]).Array[1, 20].Sample(sizes =>
        {
            var hosts = sizes.Select((s, i) => Host($"h{i}", s.Item1, s.Item2, s.Item3)).ToList();

            var best = new HostWeighers(Defaults).Sort(hosts, Request)[0];

            return !hosts.Any(h => h.FreeVcpus > best.FreeVcpus && h.FreeMemoryMib > best.FreeMemoryMib && h.FreeDiskGib > best.FreeDiskGib);
        });

    [Fact]
    public void A_host_that_is_down_disabled_or_in_another_zone_is_passed_over()
    {
        var filters = HostFilters.Enabled(Defaults);
        bool Passes(HostState host) => filters.All(f => f.Passes(host, Request with { Zone = "nova" }));

        Assert.True(Passes(Host("a", 1, 1, 1)));
        Assert.False(Passes(Host("b", 1, 1, 1) with { IsUp = false }));
        Assert.False(Passes(Host("c", 1, 1, 1) with { IsDisabled = true }));
        Assert.False(Passes(Host("d", 1, 1, 1) with { Zone = "other" }));
    }

    [Theory]
    [InlineData("x86_64", true)]
    [InlineData("amd64", true)]
    [InlineData("aarch64", false)]
    public void An_image_of_another_architecture_is_passed_over(string architecture, bool passes) =>
        Assert.Equal(passes, HostFilters.Enabled(Defaults).All(f => f.Passes(Host("a", 1, 1, 1), Request with { ImageProperties = new() { ["hw_architecture"] = architecture } })));

    [Theory]
    [InlineData("2", ">= 1", true)]
    [InlineData("1", ">= 2", false)]
    [InlineData("abc", "s== abc", true)]
    [InlineData("abc", "<in> b", true)]
    [InlineData("abc", "<or> x <or> abc", true)]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "abd", false)]
    public void Operators_of_extra_specs_are_nova_s(string actual, string wanted, bool matches) => Assert.Equal(matches, ExtraSpecOperator.Matches(actual, wanted));

    [Fact]
    public void An_unknown_filter_is_an_error_that_names_the_option()
    {
        var config = ServiceConfig.Load(new ConfigSources().AddText("[filter_scheduler]\nenabled_filters = NoSuchFilter\n", "nova.conf"), NovaConf.Options, NovaConf.Retired);

        Assert.Contains("nova.conf:2", Assert.Throws<ConfigException>(() => HostFilters.Enabled(config)).Message, StringComparison.Ordinal);
    }

    private static SelectHost Request => new() { ServerId = "s", ProjectId = "p", UserId = "u", Vcpus = 1, MemoryMib = 1, DiskGib = 1 };

    private static HostState Host(string name, int vcpus, int memory, int disk) => new(
        name, name, name, "nova", IsUp: true, IsDisabled: false,
        new HypervisorInfo
        {
            Type = "QEMU", Version = 1, Hostname = name, Vcpus = vcpus, MemoryMib = memory, MemoryUsedMib = 0, DiskGib = disk, DiskFreeGib = disk,
            Cpu = new("x86_64", "m", "v", 1, 1, 1, []),
        })
    {
        FreeVcpus = vcpus, FreeMemoryMib = memory, FreeDiskGib = disk,
    };
}
