// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Image.Images;

/// <summary>Which process an upload belongs to: the listener, the same after a restart, and the run, which is not.</summary>
internal sealed class UploadWorker(ServiceConfig config)
{
    private readonly string listener = $"{Environment.MachineName}/{config.Get(ImageOptions.BindHost)}:{config.Get(ImageOptions.BindPort)}/";
    private readonly string run = Guid.NewGuid().ToString("N");

    public string Name => listener + run;

    /// <summary>True for an upload of an earlier run of this very listener: nobody goes on with it.</summary>
    public bool IsAbandoned(string? worker) => worker is not null && worker.StartsWith(listener, StringComparison.Ordinal) && worker != Name;
}

/// <summary>What an upload found out about the data.</summary>
internal sealed record UploadedData(long Size, long? VirtualSize, string Checksum, string HashValue, string Location);

/// <summary>The status and quota of an image while its data comes in. Each change holds only from the status before it.</summary>
internal sealed class UploadStore(Database database, UploadWorker worker, ServiceConfig config, TimeProvider clock)
{
    private readonly long quota = ByteSize.Read(config, ImageOptions.UserStorageQuota);

    public bool HasQuota => quota > 0;

    /// <summary>queued → saving.</summary>
    /// <returns>False when the image is not queued any more.</returns>
    public async Task<bool> TryBeginAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await db.GetTable<Image>().Where(i => i.Id == id && i.Status == ImageStatus.Queued && i.DeletedAt == null)
            .Set(i => i.Status, ImageStatus.Saving).Set(i => i.UploadWorker, worker.Name).Set(i => i.Size, (long?)0)
            .Set(i => i.UpdatedAt, Now).Set(i => i.Revision, i => i.Revision + 1).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    /// <summary>Claims room in the owner's quota for that many bytes in all; bytes of other uploads count (OSSA-2015-003).</summary>
    /// <exception cref="ApiException">413.</exception>
    public async Task ReserveAsync(Image image, long bytes, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var (id, owner) = (image.Id, image.Owner);

        // Writing one's own row first makes two uploads of one project take turns, on databases without a single writer too.
        await db.GetTable<Image>().Where(i => i.Owner == owner && i.DeletedAt == null).Set(i => i.Owner, owner).UpdateAsync(cancellationToken);
        var others = await db.GetTable<Image>().Where(i => i.Owner == owner && i.DeletedAt == null && i.Id != id).SumAsync(i => i.Size ?? 0, cancellationToken);
        if (others + bytes > quota)
        {
            throw new ApiException(413, $"Image exceeds the storage quota: The size of the data {bytes} will exceed the limit. {Math.Max(0, quota - others)} bytes remaining.");
        }

        await db.GetTable<Image>().Where(i => i.Id == id && i.Status == ImageStatus.Saving).Set(i => i.Size, (long?)bytes).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>saving → active.</summary>
    /// <returns>False when the image was deleted meanwhile.</returns>
    public async Task<bool> TryFinishAsync(string id, UploadedData data, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await Saving(db, id)
            .Set(i => i.Status, ImageStatus.Active).Set(i => i.UploadWorker, (string?)null).Set(i => i.Size, (long?)data.Size)
            .Set(i => i.VirtualSize, data.VirtualSize).Set(i => i.Checksum, data.Checksum).Set(i => i.OsHashAlgo, "sha512").Set(i => i.OsHashValue, data.HashValue)
            .Set(i => i.Location, data.Location).Set(i => i.UpdatedAt, Now).Set(i => i.Revision, i => i.Revision + 1).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    /// <summary>saving → queued; of an image deleted meanwhile only the mark of the upload goes.</summary>
    public async Task AbandonAsync(string id, string ownedBy, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<Image>().Where(i => i.Id == id && i.Status == ImageStatus.Saving && i.UploadWorker == ownedBy && i.DeletedAt == null)
            .Set(i => i.Status, ImageStatus.Queued).Set(i => i.UploadWorker, (string?)null).Set(i => i.Size, (long?)null).Set(i => i.VirtualSize, (long?)null)
            .Set(i => i.UpdatedAt, Now).Set(i => i.Revision, i => i.Revision + 1).UpdateAsync(cancellationToken);
        await db.GetTable<Image>().Where(i => i.Id == id && i.UploadWorker == ownedBy && i.DeletedAt != null)
            .Set(i => i.UploadWorker, (string?)null).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Images that an earlier run of this listener left saving, deleted ones among them.</summary>
    public async Task<List<Image>> ListAbandonedForAllProjectsAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var saving = await db.GetTable<Image>().Where(i => i.UploadWorker != null).ToListAsync(cancellationToken);
        return saving.FindAll(i => worker.IsAbandoned(i.UploadWorker));
    }

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    private IQueryable<Image> Saving(DataConnection db, string id)
    {
        var name = worker.Name;
        return db.GetTable<Image>().Where(i => i.Id == id && i.Status == ImageStatus.Saving && i.UploadWorker == name && i.DeletedAt == null);
    }
}
