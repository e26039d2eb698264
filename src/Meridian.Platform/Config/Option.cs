// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Meridian.Platform.Config;

/// <summary>One option of a configuration file, declared once. Equal when section and name are.</summary>
public abstract class Option : IEquatable<Option>
{
    private protected Option(string section, string name, string help, bool secret, string[]? deprecated)
    {
        Section = section;
        Name = name;
        Help = help;
        Secret = secret;
        Deprecated = deprecated ?? [];
    }

    public string Section { get; }

    public string Name { get; }

    public string Help { get; }

    /// <summary>True when the value must never be printed.</summary>
    public bool Secret { get; }

    /// <summary>Older names: <c>name</c> of the same section, or <c>section.name</c>.</summary>
    public IReadOnlyList<string> Deprecated { get; }

    /// <summary>What a value must look like, for error messages: "an integer from 1 to 65535".</summary>
    public abstract string Expected { get; }

    /// <summary>The default as a file would write it; null when there is none.</summary>
    public abstract string? DefaultText { get; }

    internal virtual bool IsMulti => false;

    /// <exception cref="FormatException">The text is not of the option's type.</exception>
    internal abstract object? ParseText(IReadOnlyList<string> values);

    public bool Equals(Option? other) => other is not null && other.Section == Section && other.Name == Name;

    public override bool Equals(object? obj) => Equals(obj as Option);

    public override int GetHashCode() => HashCode.Combine(Section, Name);

    public override string ToString() => $"[{Section}] {Name}";
}

/// <summary>A typed option. Made by <see cref="Opt"/>.</summary>
public sealed class Option<T> : Option
{
    private readonly Func<IReadOnlyList<string>, T> parse;

    internal Option(
        string section, string name, T fallback, string help, bool secret, string[]? deprecated,
        string expected, bool multi, Func<IReadOnlyList<string>, T> parse)
        : base(section, name, help, secret, deprecated)
    {
        this.parse = parse;
        Fallback = fallback;
        Expected = expected;
        IsMulti = multi;
    }

    public T Fallback { get; }

    public override string Expected { get; }

    public override string? DefaultText => Fallback switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        string[] list => string.Join(',', list),
        TimeSpan time => time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(Fallback, CultureInfo.InvariantCulture),
    };

    internal override bool IsMulti { get; }

    internal override object? ParseText(IReadOnlyList<string> values) => parse(values);
}
