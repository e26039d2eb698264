// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

using Meridian.Image.Members;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Image.Images;

/// <summary>All SQL about images, their properties and tags; uploads have their own in <see cref="UploadStore"/>.</summary>
internal sealed class ImageStore(Database database, TimeProvider clock)
{
    /// <summary>The image, where the request may see it at all: its own, public, community, or shared with it.</summary>
    public async Task<ImageRecord?> FindVisibleAsync(string id, RequestContext context, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var row = await db.GetTable<Image>().FirstOrDefaultAsync(i => i.Id == id && i.DeletedAt == null, cancellationToken);
        if (row is null)
        {
            return null;
        }

        var project = context.ProjectId;
        var shared = row.Visibility == "shared"
            && await db.GetTable<ImageMember>().AnyAsync(m => m.ImageId == id && m.MemberId == project, cancellationToken);
        var visible = context.IsAdmin || row.Visibility is "public" or "community" || row.Owner == project || shared;
        return visible ? (await CompleteAsync(db, [row], cancellationToken))[0] with { SharedWithAsker = shared } : null;
    }

    /// <exception cref="ApiException">404.</exception>
    public async Task<ImageRecord> GetVisibleAsync(string id, RequestContext context, CancellationToken cancellationToken) =>
        await FindVisibleAsync(id, context, cancellationToken) ?? throw NotFound(id);

    public async Task<List<ImageRecord>> ListAsync(ImageQuery query, RequestContext context, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        Image? marker = null;
        if (query.Marker is { } id)
        {
            // One that the caller may not see is as good as none.
            marker = (await FindVisibleAsync(id, context, cancellationToken))?.Row ?? throw new ApiException(400, $"No image found with ID {id}");
        }

        var rows = await query.Apply(db, context).Page(query.Sort, marker, query.Limit).ToListAsync(cancellationToken);
        return await CompleteAsync(db, rows, cancellationToken);
    }

    /// <exception cref="ApiException">409: the id is taken.</exception>
    public async Task InsertAsync(ImageRecord image, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        try
        {
            await db.InsertAsync(image.Row, token: cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw new ApiException(409, $"Image ID {image.Row.Id} already exists!");
        }

        await WriteDetailsAsync(db, image, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <returns>False when somebody else changed the image since it was read: read again and decide.</returns>
    public async Task<bool> TryUpdateAsync(ImageRecord image, CancellationToken cancellationToken)
    {
        var row = image.Row;
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await db.GetTable<Image>().Where(i => i.Id == row.Id && i.Revision == row.Revision && i.DeletedAt == null)
            .Set(i => i.Name, row.Name).Set(i => i.Visibility, row.Visibility).Set(i => i.Owner, row.Owner)
            .Set(i => i.DiskFormat, row.DiskFormat).Set(i => i.ContainerFormat, row.ContainerFormat)
            .Set(i => i.Protected, row.Protected).Set(i => i.OsHidden, row.OsHidden).Set(i => i.MinDisk, row.MinDisk).Set(i => i.MinRam, row.MinRam)
            .Set(i => i.UpdatedAt, clock.GetUtcNow().UtcDateTime).Set(i => i.Revision, row.Revision + 1)
            .UpdateAsync(cancellationToken);
        if (changed == 0)
        {
            return false;
        }

        await db.GetTable<ImageProperty>().DeleteAsync(p => p.ImageId == row.Id, cancellationToken);
        await db.GetTable<ImageTag>().DeleteAsync(t => t.ImageId == row.Id, cancellationToken);
        await WriteDetailsAsync(db, image, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return true;
    }

    /// <returns>False when the image is not in that status any more.</returns>
    public async Task<bool> TrySetStatusAsync(string id, string from, string to, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await db.GetTable<Image>().Where(i => i.Id == id && i.Status == from && i.DeletedAt == null)
            .Set(i => i.Status, to).Set(i => i.UpdatedAt, clock.GetUtcNow().UtcDateTime).Set(i => i.Revision, i => i.Revision + 1)
            .UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    /// <summary>Marks the image deleted and ends its sharing; its data is the caller's to remove.</summary>
    public async Task<bool> TryDeleteAsync(string id, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var db = await database.BeginAsync(cancellationToken);
        var changed = await db.GetTable<Image>().Where(i => i.Id == id && i.DeletedAt == null && !i.Protected)
            .Set(i => i.Status, ImageStatus.Deleted).Set(i => i.DeletedAt, now).Set(i => i.UpdatedAt, now).Set(i => i.Revision, i => i.Revision + 1)
            .UpdateAsync(cancellationToken);
        if (changed == 1)
        {
            await db.GetTable<ImageMember>().DeleteAsync(m => m.ImageId == id, cancellationToken);
        }

        await db.CommitAsync(cancellationToken);
        return changed == 1;
    }

    /// <summary>Forgets where a deleted image's data lay, once it is gone.</summary>
    public async Task ClearLocationAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.GetTable<Image>().Where(i => i.Id == id && i.DeletedAt != null).Set(i => i.Location, (string?)null).UpdateAsync(cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    /// <summary>Deleted images whose data may still lie in the store.</summary>
    public async Task<List<Image>> ListUnpurgedForAllProjectsAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        return await db.GetTable<Image>().Where(i => i.DeletedAt != null && i.Location != null).ToListAsync(cancellationToken);
    }

    public static ApiException NotFound(string id) => new(404, $"No image found with ID {id}");

    private static async Task WriteDetailsAsync(DataConnection db, ImageRecord image, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in image.Properties)
        {
            await db.InsertAsync(new ImageProperty { ImageId = image.Row.Id, Name = name, Value = value }, token: cancellationToken);
        }

        foreach (var tag in image.Tags)
        {
            await db.InsertAsync(new ImageTag { ImageId = image.Row.Id, Tag = tag }, token: cancellationToken);
        }
    }

    private static async Task<List<ImageRecord>> CompleteAsync(DataConnection db, List<Image> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var ids = rows.Select(r => r.Id).ToList();
        var properties = (await db.GetTable<ImageProperty>().Where(p => ids.Contains(p.ImageId)).ToListAsync(cancellationToken)).ToLookup(p => p.ImageId, StringComparer.Ordinal);
        var tags = (await db.GetTable<ImageTag>().Where(t => ids.Contains(t.ImageId)).ToListAsync(cancellationToken)).ToLookup(t => t.ImageId, StringComparer.Ordinal);
        return [.. rows.Select(row => new ImageRecord(
            row,
            new(properties[row.Id].ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal), StringComparer.Ordinal),
            new(tags[row.Id].Select(t => t.Tag), StringComparer.Ordinal)))];
    }
}
