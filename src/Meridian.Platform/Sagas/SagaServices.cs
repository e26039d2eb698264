// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Meridian.Platform.Sagas;

public static class SagaServices
{
    /// <summary>Adds <see cref="ISagaQueue"/>: for a program that starts sagas. The program's <c>Database</c> holds them.</summary>
    public static IServiceCollection AddSagaQueue(this IServiceCollection services)
    {
        services.TryAddSingleton<ISagaQueue, SagaQueue>();
        return services;
    }

    /// <summary>Adds a saga and the runner that runs it in this program.</summary>
    public static IServiceCollection AddSaga<TSaga>(this IServiceCollection services)
        where TSaga : Saga
    {
        services.AddSagaQueue();
        services.TryAddSingleton(new SagaRunnerOptions());
        services.AddSingleton<TSaga>();
        services.AddSingleton<Saga>(provider => provider.GetRequiredService<TSaga>());
        services.AddHostedService<SagaRunner>();
        return services;
    }
}
