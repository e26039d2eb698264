// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary><c>bootstrap</c>. Keystone takes an environment variable before its argument.</summary>
internal static class BootstrapCommand
{
    public static ManageCommand Bootstrap { get; } = new(
        "bootstrap", "Make what a Keystone needs before anybody can log in, or repair it.",
        [
            new("--bootstrap-username", "OS_BOOTSTRAP_USERNAME", "Name of the administrator (admin)."),
            new("--bootstrap-password", "OS_BOOTSTRAP_PASSWORD", "The administrator's password; better given by the variable, which no list of processes shows."),
            new("--bootstrap-project-name", "OS_BOOTSTRAP_PROJECT_NAME", "The administrator's project (admin)."),
            new("--bootstrap-role-name", "OS_BOOTSTRAP_ROLE_NAME", "The administrator's role (admin)."),
            new("--bootstrap-service-name", "OS_BOOTSTRAP_SERVICE_NAME", "Name of the identity service (keystone)."),
            new("--bootstrap-admin-url", "OS_BOOTSTRAP_ADMIN_URL", "Admin endpoint of the identity service, such as http://127.0.0.1:5000/v3."),
            new("--bootstrap-public-url", "OS_BOOTSTRAP_PUBLIC_URL", "Public endpoint of the identity service."),
            new("--bootstrap-internal-url", "OS_BOOTSTRAP_INTERNAL_URL", "Internal endpoint of the identity service."),
            new("--bootstrap-region-id", "OS_BOOTSTRAP_REGION_ID", "Region of the endpoints; made when missing."),
            new("--immutable-roles", null, "Make new default roles immutable, as is done anyway."),
            new("--no-immutable-roles", null, "Leave new default roles mutable."),
        ],
        RunAsync);

    private static async Task<int> RunAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var password = Value(context, "PASSWORD", null);
        if (string.IsNullOrEmpty(password))
        {
            await context.Output.WriteLineAsync("ERROR: Either --bootstrap-password argument or OS_BOOTSTRAP_PASSWORD must be set.");
            return 1;
        }

        var request = new BootstrapRequest(
            Value(context, "USERNAME", "admin")!, password, Value(context, "PROJECT_NAME", "admin")!, Value(context, "ROLE_NAME", "admin")!,
            Value(context, "SERVICE_NAME", "keystone")!, Value(context, "ADMIN_URL", null), Value(context, "PUBLIC_URL", null), Value(context, "INTERNAL_URL", null),
            Value(context, "REGION_ID", null), ImmutableRoles: !context.Arguments.Has("--no-immutable-roles"));
        await using var provider = await context.BuildServicesAsync(cancellationToken, services => services.AddSingleton<Bootstrap>());
        await provider.GetRequiredService<Bootstrap>().RunAsync(
            request, context.Config.Get(IdentityOptions.DefaultDomainId)!, line => context.Log("keystone.cmd.bootstrap", line), cancellationToken);
        return 0;
    }

    /// <param name="name">REGION_ID for OS_BOOTSTRAP_REGION_ID and --bootstrap-region-id.</param>
    private static string? Value(ManageContext context, string name, string? fallback) =>
        context.Environment("OS_BOOTSTRAP_" + name) is { Length: > 0 } fromEnvironment ? fromEnvironment
        : context.Arguments.Find("--bootstrap-" + name.ToLowerInvariant().Replace('_', '-')) is { Length: > 0 } given ? given
        : fallback;
}
