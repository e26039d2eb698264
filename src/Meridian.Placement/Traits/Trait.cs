// SPDX-License-Identifier: Apache-2.0
using System.Collections.Frozen;

using LinqToDB.Mapping;

namespace Meridian.Placement.Traits;

/// <summary>A trait that an operator added; its name starts with CUSTOM_.</summary>
[Table("custom_traits")]
internal sealed class Trait
{
    public const string SharesViaAggregate = "MISC_SHARES_VIA_AGGREGATE";

    /// <summary>Those of every cloud: the names of os-traits 3.9.</summary>
    public static readonly FrozenSet<string> Standard = ReadStandard();

    [PrimaryKey, Column("name")]
    public required string Name { get; init; }

    [Column("created_at")]
    public DateTime CreatedAt { get; init; }

    private static FrozenSet<string> ReadStandard()
    {
        using var stream = typeof(Trait).Assembly.GetManifestResourceStream("standard-traits.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
    }
}
