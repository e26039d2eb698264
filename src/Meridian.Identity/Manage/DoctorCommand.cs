// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Identity.Manage;

/// <summary><c>doctor</c>: exit code 1 when anything was found.</summary>
internal static class DoctorCommand
{
    public static ManageCommand Doctor { get; } = new("doctor", "Look for common faults of configuration and keys.", [], RunAsync);

    private static async Task<int> RunAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var found = 0;
        foreach (var symptom in Symptoms.All)
        {
            if (context.Config.Get(DefaultOptions.Debug))
            {
                await context.Output.WriteLineAsync($"Checking for {symptom.Name.Replace('_', ' ')}...");
            }

            if (await symptom.Find(context, cancellationToken) is { } what)
            {
                found++;
                await context.Output.WriteLineAsync($"\nWARNING: {what}");
            }
        }

        return found == 0 ? 0 : 1;
    }
}
