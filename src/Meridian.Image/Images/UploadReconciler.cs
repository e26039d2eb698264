// SPDX-License-Identifier: Apache-2.0
using Meridian.Image.Drivers;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Meridian.Image.Images;

/// <summary>
/// Puts right at start what a killed process left: images that it was saving are queued again, their partial data removed; data of images that were
/// deleted is removed.
/// </summary>
internal sealed partial class UploadReconciler(UploadStore uploads, ImageStore images, IImageStore store, TimeProvider clock, ILogger<UploadReconciler> logger) : BackgroundService
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception);
            }

            await Task.Delay(RetryAfter, clock, stoppingToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var image in await uploads.ListAbandonedForAllProjectsAsync(cancellationToken))
        {
            await store.DiscardPartialAsync(image.Id, cancellationToken);
            await uploads.AbandonAsync(image.Id, image.UploadWorker!, cancellationToken);
            LogQueued(logger, image.Id);
        }

        foreach (var image in await images.ListUnpurgedForAllProjectsAsync(cancellationToken))
        {
            await store.DeleteAsync(image.Location!, cancellationToken);
            await images.ClearLocationAsync(image.Id, cancellationToken);
            LogPurged(logger, image.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upload of image {ImageId} was cut off when the process ended: its partial data is removed, the image is queued again")]
    private static partial void LogQueued(ILogger logger, string imageId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Data of deleted image {ImageId} is removed")]
    private static partial void LogPurged(ILogger logger, string imageId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot put right what an earlier run left; trying again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
