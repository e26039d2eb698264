// SPDX-License-Identifier: Apache-2.0
using Meridian.Image.Discovery;
using Meridian.Image.Drivers;
using Meridian.Image.Images;
using Meridian.Image.Members;
using Meridian.Image.Schemas;
using Meridian.Platform.Config;
using Meridian.Platform.Http;
using Meridian.Platform.Policy;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Meridian.Image;

/// <summary>Composition root of image. Handlers judge the body, load, check policy: glance's own order.</summary>
public static class ImageService
{
    /// <summary>glance-api.</summary>
    public static ServiceDefinition Definition() => new()
    {
        Program = "glance-api",
        ServiceType = "image",
        ConfigFileName = "glance-api.conf",
        Options = [.. ServiceDefinition.CommonOptions, .. KeystoneAuthtokenOptions.All, .. ImageOptions.All, .. GlanceStoreOptions.All],
        Retired = ImageOptions.Retired,
        Listen = config => new(config.Get(ImageOptions.BindHost)!, config.Get(ImageOptions.BindPort)),
        Faults = new ImageFaults(),
        Connection = DatabaseOptions.Connection,
        Migrations = typeof(ImageService).Assembly,
        ValidatesTokens = true,
        Policies = ImagePolicies.All,
        Services = AddImage,
        Map = MapImage,
    };

    private static void AddImage(IServiceCollection services, ServiceConfig config)
    {
        if (config.Get(ImageOptions.Flavor)?.Contains("keystone", StringComparison.Ordinal) != true)
        {
            throw new ConfigException($"{config.Describe(ImageOptions.Flavor)}: expected keystone (or keystone+caching …); a pipeline without tokens is not offered.");
        }

        var folder = GlanceStoreOptions.Folder(config);
        services.AddPolicy(config, ImagePolicies.All, ImagePolicies.Denied);
        services.AddSingleton<IImageStore>(new FileImageStore(folder));
        services.AddSingleton<ImageStore>();
        services.AddSingleton<ImageAttributes>();
        services.AddSingleton<MemberStore>();
        services.AddSingleton<UploadWorker>();
        services.AddSingleton<UploadStore>();
        services.AddSingleton<Upload>();
        services.AddHostedService<UploadReconciler>();
    }

    private static void MapImage(WebApplication app)
    {
        // Routing takes /v2/images/ for /v2/images; to glance it is an image without an id, which does not exist.
        app.Use((context, next) => context.Request.Path.Value is { Length: > 4 } path && path[^1] == '/'
            ? throw new ApiException(404, "The resource could not be found.")
            : next(context));
        app.MapVersions();
        var api = app.MapGroup("/v2");
        api.MapImages();
        api.MapImageData();
        api.MapMembers();
        api.MapSchemas();
        api.MapInfo();
    }
}
