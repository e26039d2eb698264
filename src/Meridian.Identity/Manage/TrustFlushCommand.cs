// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

using Meridian.Identity.Trusts;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary><c>trust_flush</c>: removes trusts whose time is over. Deleted ones are not kept here.</summary>
internal static class TrustFlushCommand
{
    public static ManageCommand TrustFlush { get; } = new(
        "trust_flush", "Remove trusts that expired.",
        [
            new("--project-id", "PROJECT_ID", "Only those of this project."),
            new("--trustor-user-id", "TRUSTOR_USER_ID", "Only those that this user gave."),
            new("--trustee-user-id", "TRUSTEE_USER_ID", "Only those that this user was given."),
            new("--date", "DATE", "Only those that expired before this day, DD-MM-YYYY; before now when left out."),
        ],
        RunAsync);

    private static async Task<int> RunAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        await using var provider = await context.BuildServicesAsync(cancellationToken);
        var date = Date(context, arguments.Find("--date"), provider.GetRequiredService<TimeProvider>());
        var removed = await provider.GetRequiredService<IdentityWriter>().WriteAsync(
            db => TrustStore.FlushAsync(
                db, arguments.Find("--project-id"), arguments.Find("--trustor-user-id"), arguments.Find("--trustee-user-id"), date, cancellationToken),
            cancellationToken);
        context.Log("keystone.cmd.cli", $"Removed {removed} trusts");
        return 0;
    }

    /// <exception cref="InvalidOperationException">The text is no such day.</exception>
    private static DateTime Date(ManageContext context, string? text, TimeProvider clock)
    {
        if (text is null)
        {
            context.Log("keystone.cmd.cli", "No date is supplied, keystone-manage will use the system clock time at runtime");
            return clock.GetUtcNow().UtcDateTime;
        }

        return DateTime.TryParseExact(text, ["d-M-yyyy", "dd-MM-yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)
            ? date
            : throw new InvalidOperationException($"time data '{text}' does not match format '%d-%m-%Y'");
    }
}
