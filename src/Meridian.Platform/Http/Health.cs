// SPDX-License-Identifier: Apache-2.0
using LinqToDB.Data;

using Meridian.Platform.Storage;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Platform.Http;

/// <summary>Says what a program needs and whether it answers; one a dependency (database, bus, Keystone).</summary>
public interface IHealthCheck
{
    /// <summary>What is checked: "database".</summary>
    string Name { get; }

    /// <returns>Null when all is well; else what is wrong, without secrets.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>/healthcheck: 200 with "OK", or 503 with a line a fault. Source: oslo.middleware healthcheck.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app) =>
        app.MapGet("/healthcheck", (RequestDelegate)CheckAsync).AllowAnonymous();

    private static async Task CheckAsync(HttpContext context)
    {
        var faults = new List<string>();
        if (context.RequestServices.GetService<Database>() is { } database)
        {
            faults.AddRange(await CheckDatabaseAsync(database));
        }

        foreach (var check in context.RequestServices.GetServices<IHealthCheck>())
        {
            if (await check.CheckAsync(context.RequestAborted) is { } fault)
            {
                faults.Add($"{check.Name}: {fault}");
            }
        }

        context.Response.StatusCode = faults.Count == 0 ? 200 : 503;
        context.Response.ContentType = "text/plain; charset=UTF-8";
        await context.Response.WriteAsync(faults.Count == 0 ? "OK" : string.Join('\n', faults), context.RequestAborted);
    }

    private static async Task<IEnumerable<string>> CheckDatabaseAsync(Database database)
    {
        try
        {
            await using var db = database.Open();
            await db.ExecuteAsync<int>("SELECT 1");
            return [];
        }
        catch (System.Data.Common.DbException exception)
        {
            return [$"database {database.Name}: {exception.Message}"];
        }
    }
}
