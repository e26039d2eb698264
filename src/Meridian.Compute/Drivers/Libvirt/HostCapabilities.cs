// SPDX-License-Identifier: Apache-2.0

using System.Globalization;
using System.Xml.Linq;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>What is read of libvirt's capabilities XML. Source: libvirt.org/formatcaps.</summary>
/// <param name="QemuUserId">The user that QEMU runs as, from the "dac" security model; null when that is unknown.</param>
internal sealed record HostCapabilities(CpuInfo Cpu, int? QemuUserId, int? QemuGroupId)
{
    /// <summary>Features of x86 CPUs that have a trait of their own. Source: os-traits, hw/cpu/x86.</summary>
    private static readonly Dictionary<string, string> Traits = new()
    {
        ["aes"] = "HW_CPU_X86_AESNI", ["avx"] = "HW_CPU_X86_AVX", ["avx2"] = "HW_CPU_X86_AVX2", ["avx512f"] = "HW_CPU_X86_AVX512F",
        ["bmi1"] = "HW_CPU_X86_BMI", ["bmi2"] = "HW_CPU_X86_BMI2", ["pclmuldq"] = "HW_CPU_X86_CLMUL", ["f16c"] = "HW_CPU_X86_F16C",
        ["fma"] = "HW_CPU_X86_FMA3", ["mmx"] = "HW_CPU_X86_MMX", ["sha-ni"] = "HW_CPU_X86_SHA", ["sse"] = "HW_CPU_X86_SSE",
        ["sse2"] = "HW_CPU_X86_SSE2", ["pni"] = "HW_CPU_X86_SSE3", ["ssse3"] = "HW_CPU_X86_SSSE3", ["sse4.1"] = "HW_CPU_X86_SSE41",
        ["sse4.2"] = "HW_CPU_X86_SSE42", ["sse4a"] = "HW_CPU_X86_SSE4A", ["svm"] = "HW_CPU_X86_SVM", ["vmx"] = "HW_CPU_X86_VMX",
        ["abm"] = "HW_CPU_X86_ABM",
    };

    public IReadOnlyList<string> CpuTraits =>
        [.. Cpu.Features.Where(Traits.ContainsKey).Select(f => Traits[f]).Order(StringComparer.Ordinal)];

    public static HostCapabilities Read(string xml)
    {
        var host = XDocument.Parse(xml).Root?.Element("host");
        var cpu = host?.Element("cpu");
        var topology = cpu?.Element("topology");
        var label = host?.Elements("secmodel").FirstOrDefault(m => (string?)m.Element("model") == "dac")
            ?.Elements("baselabel").FirstOrDefault(l => (string?)l.Attribute("type") is "kvm" or "qemu")?.Value.Split(':');
        return new(
            new(
                (string?)cpu?.Element("arch") ?? "x86_64",
                (string?)cpu?.Element("model") ?? "",
                (string?)cpu?.Element("vendor") ?? "",
                (int?)topology?.Attribute("sockets") ?? 1,
                (int?)topology?.Attribute("cores") ?? 1,
                (int?)topology?.Attribute("threads") ?? 1,
                [.. cpu?.Elements("feature").Select(f => (string?)f.Attribute("name")).OfType<string>() ?? []]),
            Number(label, 0),
            Number(label, 1));
    }

    /// <summary>Written as +64055.</summary>
    private static int? Number(string[]? label, int index) =>
        label?.Length > index && int.TryParse(label[index].TrimStart('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
