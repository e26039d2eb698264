// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace Meridian.Platform.Storage;

/// <summary>What each database needs to give back the values that were put in: times are UTC to the microsecond on all three.</summary>
internal static class StorageMapping
{
    // SQLite stores times as text of fixed width, so that text order is time order.
    internal const string SqliteTime = "yyyy-MM-dd HH:mm:ss.ffffff";

    public static MappingSchema For(DatabaseKind kind)
    {
        var schema = new MappingSchema("meridian-" + kind);
        schema.SetConverter<DateTime, DateTime>(time => DateTime.SpecifyKind(time, DateTimeKind.Utc));
        if (kind == DatabaseKind.Sqlite)
        {
            // As text, not as a time: linq2db would compare strftime() of both sides, which knows milliseconds only and which no index serves.
            schema.SetDataType(typeof(DateTime), DataType.VarChar);
            schema.SetDataType(typeof(DateTime?), DataType.VarChar);
            schema.SetConverter<string, DateTime>(text => DateTime.SpecifyKind(DateTime.Parse(text, CultureInfo.InvariantCulture), DateTimeKind.Utc));
            schema.SetConverter<DateTime, DataParameter>(time => new DataParameter { Value = time.ToString(SqliteTime, CultureInfo.InvariantCulture), DataType = DataType.VarChar });
            schema.SetValueToSqlConverter(typeof(DateTime), (text, _, value) => text.Append('\'').Append(((DateTime)value).ToString(SqliteTime, CultureInfo.InvariantCulture)).Append('\''));
        }
        else
        {
            schema.SetConverter<DateTime, DataParameter>(time => new DataParameter
            {
                // Columns are TIMESTAMP without zone; PostgreSQL wants times of unspecified kind for them.
                Value = DateTime.SpecifyKind(time, DateTimeKind.Unspecified), DataType = DataType.DateTime2,
            });
        }

        return schema;
    }
}
