// SPDX-License-Identifier: Apache-2.0
using LinqToDB;
using LinqToDB.Async;

using Meridian.Platform.Http;
using Meridian.Platform.Storage;

namespace Meridian.Image.Members;

/// <summary>All SQL about the members of images.</summary>
internal sealed class MemberStore(Database database, TimeProvider clock)
{
    /// <param name="only">Only this member: what a member may see of the others.</param>
    public async Task<List<ImageMember>> ListAsync(string imageId, string? only, CancellationToken cancellationToken)
    {
        await using var db = database.Open();
        var rows = db.GetTable<ImageMember>().Where(m => m.ImageId == imageId);
        rows = only is null ? rows : rows.Where(m => m.MemberId == only);
        return await rows.OrderBy(m => m.CreatedAt).ThenBy(m => m.MemberId).ToListAsync(cancellationToken);
    }

    /// <exception cref="ApiException">409: it is one already; 413: too many.</exception>
    public async Task<ImageMember> InsertAsync(string imageId, string memberId, int quota, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var member = new ImageMember { ImageId = imageId, MemberId = memberId, CreatedAt = now, UpdatedAt = now };
        await using var db = await database.BeginAsync(cancellationToken);
        var attempted = 1 + await db.GetTable<ImageMember>().CountAsync(m => m.ImageId == imageId, cancellationToken);
        if (quota >= 0 && attempted > quota)
        {
            throw new ApiException(
                413, $"Image member limit exceeded for image {imageId}: The limit has been exceeded on the number of allowed image members for this image. Attempted: {attempted}, Maximum: {quota}:");
        }

        try
        {
            await db.InsertAsync(member, token: cancellationToken);
        }
        catch (Exception exception) when (Database.IsDuplicateKey(exception))
        {
            throw new ApiException(409, $"Member {memberId} is duplicated for image {imageId}");
        }

        await db.CommitAsync(cancellationToken);
        return member;
    }

    public async Task UpdateAsync(ImageMember member, string status, CancellationToken cancellationToken)
    {
        member.Status = status;
        member.UpdatedAt = clock.GetUtcNow().UtcDateTime;
        await using var db = await database.BeginAsync(cancellationToken);
        await db.UpdateAsync(member, token: cancellationToken);
        await db.CommitAsync(cancellationToken);
    }

    public async Task DeleteAsync(ImageMember member, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(cancellationToken);
        await db.DeleteAsync(member, token: cancellationToken);
        await db.CommitAsync(cancellationToken);
    }
}
