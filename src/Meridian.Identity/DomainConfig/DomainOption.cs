// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;

using Meridian.Platform.Config;

namespace Meridian.Identity.DomainConfig;

/// <summary>An option that domains may set for themselves, and how its value in keystone.conf is shown.</summary>
/// <param name="Write">Writes the value of keystone.conf, or its default.</param>
internal sealed record DomainOption(Option Option, Action<Utf8JsonWriter, ServiceConfig> Write)
{
    public string Group => Option.Section;

    public string Name => Option.Name;

    public static DomainOption Of(Option<string?> option) => new(option, (writer, config) => writer.WriteStringValue(config.Get(option)));

    public static DomainOption Of(Option<bool> option) => new(option, (writer, config) => writer.WriteBooleanValue(config.Get(option)));

    public static DomainOption Of(Option<int> option) => new(option, (writer, config) => writer.WriteNumberValue(config.Get(option)));

    public static DomainOption Of(Option<double> option) => new(option, (writer, config) => writer.WriteNumberValue(config.Get(option)));

    public static DomainOption Of(Option<string[]> option) => new(option, (writer, config) =>
    {
        writer.WriteStartArray();
        foreach (var item in config.Get(option))
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    });

    /// <summary>A number for which 0 means that nothing is set.</summary>
    public static DomainOption OfZeroAsNull(Option<int> option) => new(option, (writer, config) =>
    {
        if (config.Get(option) is not 0 and var value)
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    });

    /// <summary>A number or a flag without a default, read as text.</summary>
    public static DomainOption OfUnset(Option<string?> option) => new(option, (writer, config) =>
    {
        switch (config.Get(option)?.Trim().ToLowerInvariant())
        {
            case null:
                writer.WriteNullValue();
                break;
            case "true" or "yes" or "on":
                writer.WriteBooleanValue(true);
                break;
            case "false" or "no" or "off":
                writer.WriteBooleanValue(false);
                break;
            case var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                writer.WriteNumberValue(number);
                break;
            case var text:
                writer.WriteStringValue(text);
                break;
        }
    });
}
