// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Meridian.System.Tests.Architecture;

/// <summary>The house's rules that a compiler does not check (DESIGN, "The house", 2).</summary>
public sealed class DependenciesTests
{
    private static readonly string[] Services = ["Identity", "Image", "Placement", "Compute", "Network"];

    private static readonly Dictionary<string, string[]> Below = new(StringComparer.Ordinal)
    {
        ["Platform"] = [],
        ["Contracts"] = ["Platform"],
        ["Identity"] = ["Platform", "Contracts"],
        ["Image"] = ["Platform", "Contracts"],
        ["Placement"] = ["Platform", "Contracts"],
        ["Compute"] = ["Platform", "Contracts"],
        ["Network"] = ["Platform", "Contracts"],
        ["Host"] = ["Platform", "Contracts", .. Services],
    };

    public static TheoryData<string> Projects => [.. Below.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_point_down_only(string project)
    {
        var referenced = Load(project).GetReferencedAssemblies().Select(a => a.Name!).Where(name => name.StartsWith("Meridian.", StringComparison.Ordinal))
            .Select(name => name["Meridian.".Length..]);

        Assert.Empty(referenced.Except(Below[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_state_is_static_and_mutable(string project)
    {
        var faults = Load(project).GetTypes()
            .Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute), false) && !type.Name.StartsWith('<') && type.Namespace?.StartsWith("Meridian.Platform.Native", StringComparison.Ordinal) != true)
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsLiteral && !field.IsDefined(typeof(CompilerGeneratedAttribute), false) && !IsGenerated(field.DeclaringType!) && (!field.IsInitOnly || IsMutable(field.FieldType)))
            .Select(field => $"{field.DeclaringType!.FullName}.{field.Name}");

        Assert.Empty(faults);
    }

    // Source generators of the framework keep caches of what never changes.
    private static bool IsGenerated(Type type)
    {
        for (var outer = type; outer is not null; outer = outer.DeclaringType)
        {
            if (outer.IsDefined(typeof(global::System.CodeDom.Compiler.GeneratedCodeAttribute), false) || typeof(global::System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(outer))
            {
                return true;
            }
        }

        return false;
    }

    // What is filled in while the program runs. A dictionary or list that is built once and read only is declared as such by its users; arrays of constants are common.
    private static bool IsMutable(Type type) =>
        type.Namespace is "System.Collections.Concurrent" or "System.Threading" or "System.Threading.Channels"
        || typeof(global::System.Text.StringBuilder).IsAssignableFrom(type);

    private static Assembly Load(string project) => Assembly.Load(project == "Host" ? "meridian" : "Meridian." + project);
}
