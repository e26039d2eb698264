// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary><c>project_setup</c> and <c>user_setup</c>: what several Keystones must have under one id.</summary>
internal static class SetupCommands
{
    private const string Module = "keystone.cmd.idutils";

    public static ManageCommand Project { get; } = new(
        "project_setup", "Make a project of the default domain under an id of your choice.",
        [
            new("--project-name", "PROJECT_NAME", "Its name.", Required: true),
            new("--project-id", "PROJECT_ID", "Its id; chosen when left out."),
        ],
        ProjectAsync);

    public static ManageCommand User { get; } = new(
        "user_setup", "Make a user of the default domain under an id of your choice, or set the password of the one that exists.",
        [
            new("--username", "USERNAME", "Its name.", Required: true),
            new("--user-password-plain", "USER_PASSWORD_PLAIN", "Its password. Lists of processes show it: use a password of short life.", Required: true),
            new("--user-id", "USER_ID", "Its id; chosen when left out."),
        ],
        UserAsync);

    private static async Task<int> ProjectAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var (arguments, id) = (context.Arguments, Id(context, "--project-id"));
        await using var provider = await BuildAsync(context, cancellationToken);
        await provider.GetRequiredService<Bootstrap>().SetUpProjectAsync(
            arguments.Find("--project-name")!, id, context.Config.Get(IdentityOptions.DefaultDomainId)!, line => context.Log(Module, line), cancellationToken);
        return 0;
    }

    private static async Task<int> UserAsync(ManageContext context, CancellationToken cancellationToken)
    {
        var (arguments, id) = (context.Arguments, Id(context, "--user-id"));
        await using var provider = await BuildAsync(context, cancellationToken);
        await provider.GetRequiredService<Bootstrap>().SetUpUserAsync(
            arguments.Find("--username")!, arguments.Find("--user-password-plain")!, id, context.Config.Get(IdentityOptions.DefaultDomainId)!,
            line => context.Log(Module, line), cancellationToken);
        return 0;
    }

    /// <summary>As the API knows ids: 32 hexadecimal digits, dashes left away.</summary>
    private static string? Id(ManageContext context, string option) => context.Arguments.Find(option) is not { } text ? null
        : Guid.TryParse(text, out var id) ? id.ToString("N")
        : throw new InvalidOperationException($"{option}: '{text}' is no UUID");

    private static Task<ServiceProvider> BuildAsync(ManageContext context, CancellationToken cancellationToken) =>
        context.BuildServicesAsync(cancellationToken, services => services.AddSingleton<Bootstrap>());
}
