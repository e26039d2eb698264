// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Storage;

using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Identity.Manage;

/// <summary>What a command works with.</summary>
/// <param name="Arguments">Those of the command itself.</param>
/// <param name="Output">Answers go here.</param>
/// <param name="Error">What was done goes here, as a log.</param>
/// <param name="Environment">Reads an environment variable.</param>
/// <param name="WorkingDirectory">Where files are written that are named by no option.</param>
internal sealed record ManageContext(
    ServiceConfig Config, ProcessResources Resources, ManageArguments Arguments, TextWriter Output, TextWriter Error, TextReader Input,
    Func<string, string?> Environment, string WorkingDirectory)
{
    public void Log(string module, string message) => Error.WriteLine($"INFO {module} {message}");

    public Database OpenDatabase() => ServiceHost.OpenDatabase(Config, DatabaseOptions.Connection, Resources);

    /// <summary>The stores of the service over its database; other services may be added.</summary>
    /// <exception cref="ConfigException">The database does not have this program's tables.</exception>
    public async Task<ServiceProvider> BuildServicesAsync(CancellationToken cancellationToken, Action<IServiceCollection>? more = null)
    {
        var database = OpenDatabase();
        if (!(await Schema.CheckAsync(database, typeof(IdentityService).Assembly, cancellationToken)).IsCurrent)
        {
            throw new ConfigException($"Database {database.Name} does not have this program's tables: run keystone-manage db_sync first.");
        }

        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System).AddSingleton(Resources).AddSingleton(Config).AddSingleton(database).AddIdentityCore(Config);
        more?.Invoke(services);
        return services.BuildServiceProvider();
    }
}
