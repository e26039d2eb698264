// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Data;

using Meridian.Network.Drivers;

namespace Meridian.Network.Northbound;

internal static class Pending
{
    /// <summary>Notes that the backend must be made equal to the row (or to its absence), in the row's own transaction.</summary>
    public static Task AddAsync(DataConnection db, NetworkResourceKind kind, string id, DateTime now, CancellationToken cancellationToken) =>
        db.InsertAsync(new PendingChange { Kind = kind.ToString(), ResourceId = id, CreatedAt = now }, token: cancellationToken);
}
