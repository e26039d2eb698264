// SPDX-License-Identifier: Apache-2.0
using LinqToDB;

using Meridian.Identity.Users;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary><c>reset_last_active</c>: users that were never active count as active today, so that the limit of inactivity begins for them now.</summary>
internal static class ResetLastActiveCommand
{
    public static ManageCommand ResetLastActive { get; } = new(
        "reset_last_active", "Let users that never logged in count as active today.",
        [new("--force", null, "Do not ask.")],
        RunAsync);

    private static async Task<int> RunAsync(ManageContext context, CancellationToken cancellationToken)
    {
        if (!context.Arguments.Has("--force"))
        {
            await context.Output.WriteAsync(
                "Security warning: every user that has never been active will count as active at this moment. With [security_compliance]\n"
                + "disable_user_account_days_inactive such users stay enabled until that many days from now.\n"
                + "Are you sure you want to continue [y/N]? ");
            await context.Output.FlushAsync(cancellationToken);
            if ((await context.Input.ReadLineAsync(cancellationToken))?.ToLowerInvariant() is not ("y" or "yes"))
            {
                throw new ManageExitException("reset_last_active aborted.");
            }
        }

        await using var provider = await context.BuildServicesAsync(cancellationToken);
        var today = provider.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime.Date;
        await provider.GetRequiredService<IdentityWriter>().WriteAsync(
            db => db.GetTable<User>().Where(u => u.LastActiveAt == null).Set(u => u.LastActiveAt, today).UpdateAsync(cancellationToken), cancellationToken);
        return 0;
    }
}
