// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Image;

/// <summary>[DEFAULT] and [image_format] of glance-api.conf. Source: glance configuration reference.</summary>
public static class ImageOptions
{
    public static readonly Option<string?> BindHost = Opt.Text("DEFAULT", "bind_host", "0.0.0.0", "Address that the API listens on.");
    public static readonly Option<int> BindPort = Opt.Port("DEFAULT", "bind_port", 9292, "Port that the API listens on.");
    public static readonly Option<string?> PublicEndpoint = Opt.Text("DEFAULT", "public_endpoint", null, "URL that links in version documents begin with.");
    public static readonly Option<bool> ShowImageDirectUrl = Opt.Boolean("DEFAULT", "show_image_direct_url", false, "Show where an image's data lies as direct_url.");
    public static readonly Option<string?> ImageSizeCap = Opt.Text("DEFAULT", "image_size_cap", "1099511627776", "The largest image in bytes.");
    public static readonly Option<string?> UserStorageQuota = Opt.Text(
        "DEFAULT", "user_storage_quota", "0", "What the images of one project may take together: a number with B, KB, MB, GB or TB; 0 for no bound.");
    public static readonly Option<int> ImagePropertyQuota = Opt.Integer("DEFAULT", "image_property_quota", 128, "Properties of one image; -1 for no bound.", -1);
    public static readonly Option<int> ImageTagQuota = Opt.Integer("DEFAULT", "image_tag_quota", 128, "Tags of one image; -1 for no bound.", -1);
    public static readonly Option<int> ImageMemberQuota = Opt.Integer("DEFAULT", "image_member_quota", 128, "Members of one image; -1 for no bound.", -1);
    public static readonly Option<int> LimitParamDefault = Opt.Integer("DEFAULT", "limit_param_default", 25, "Images of a page where none is asked for.", 1);
    public static readonly Option<int> ApiLimitMax = Opt.Integer("DEFAULT", "api_limit_max", 1000, "The most images of a page.", 1);
    public static readonly Option<string> HashingAlgorithm = Opt.Choice("DEFAULT", "hashing_algorithm", "sha512", "Algorithm of os_hash_value.", ["sha512"]);
    public static readonly Option<string[]> EnabledBackends = Opt.List("DEFAULT", "enabled_backends", [], "id:type of each store; Meridian knows file:file so far.");
    public static readonly Option<string[]> DiskFormats = Opt.List(
        "image_format", "disk_formats", ["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"], "Disk formats that images may have.", ["DEFAULT.disk_formats"]);
    public static readonly Option<string[]> ContainerFormats = Opt.List(
        "image_format", "container_formats", ["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"], "Container formats that images may have.", ["DEFAULT.container_formats"]);
    public static readonly Option<string?> Flavor = Opt.Text("paste_deploy", "flavor", "keystone", "Pipeline; here tokens are always validated, so it must name keystone.");

    public static IReadOnlyList<Option> All { get; } =
    [
        BindHost, BindPort, PublicEndpoint, ShowImageDirectUrl, ImageSizeCap, UserStorageQuota, ImagePropertyQuota, ImageTagQuota, ImageMemberQuota,
        LimitParamDefault, ApiLimitMax, HashingAlgorithm, EnabledBackends, DiskFormats, ContainerFormats, Flavor,
    ];

    /// <summary>What operators still write and what became of it.</summary>
    public static IReadOnlyList<RetiredOption> Retired { get; } =
    [
        new("DEFAULT", "registry_host", "the registry is gone since glance 21 (Victoria); the API reads the database"),
        new("DEFAULT", "registry_port", "the registry is gone since glance 21 (Victoria); the API reads the database"),
        new("DEFAULT", "enable_v1_api", "Images v1 is gone since glance 17 (Rocky)"),
        new("DEFAULT", "enable_v2_api", "Images v2 is always on since glance 21 (Victoria)"),
        new("DEFAULT", "workers", "one process serves all requests"),
        new("DEFAULT", "show_multiple_locations", "locations are neither shown nor taken (OSSA-2014-041, 2016-006)"),
        new("DEFAULT", "node_staging_uri", "interoperable import is not built yet: data comes in by upload"),
        new("DEFAULT", "enabled_import_methods", "interoperable import is not built yet: data comes in by upload"),
        new("DEFAULT", "delayed_delete", "data of deleted images is removed at once"),
        new("DEFAULT", "image_cache_dir", "images lie in files beside the service: nothing is cached"),
        new("oslo_concurrency", "lock_path", "no lock files are used"),
        new("cinder", "cinder_os_region_name", "read only by a store of type cinder, which Meridian does not have; belongs to the store's own section"),
        new("cinder", "os_region_name", "read only by a store of type cinder, which Meridian does not have; belongs to the store's own section"),
    ];
}

/// <summary>[glance_store] and the section of the store named file. Source: glance_store configuration reference.</summary>
public static class GlanceStoreOptions
{
    public static readonly Option<string?> DefaultStore = Opt.Text("glance_store", "default_store", "file", "Store that images go to.");
    public static readonly Option<string?> DefaultBackend = Opt.Text("glance_store", "default_backend", null, "Store that images go to, of enabled_backends.");
    public static readonly Option<string[]> Stores = Opt.List("glance_store", "stores", ["file", "http"], "Stores that are on.");
    public static readonly Option<string?> DataDir = Opt.Text(
        "glance_store", "filesystem_store_datadir", "/var/lib/glance/images", "Folder that images lie in.", deprecated: ["DEFAULT.filesystem_store_datadir"]);
    public static readonly Option<string?> FileDataDir = Opt.Text("file", "filesystem_store_datadir", null, "Folder that images lie in, with enabled_backends = file:file.");

    public static IReadOnlyList<Option> All { get; } = [DefaultStore, DefaultBackend, Stores, DataDir, FileDataDir];

    /// <summary>The folder of the one store there is.</summary>
    /// <exception cref="ConfigException">The options name a store that Meridian does not have.</exception>
    public static string Folder(ServiceConfig config)
    {
        var backends = config.Get(ImageOptions.EnabledBackends);
        if (backends.Length > 0)
        {
            return backends is ["file:file"]
                ? config.Get(FileDataDir) ?? config.Get(DataDir)!
                : throw new ConfigException($"{config.Describe(ImageOptions.EnabledBackends)}: expected file:file, the only store that Meridian has so far.");
        }

        if (config.Get(DefaultStore) is not ("file" or "filesystem"))
        {
            throw new ConfigException($"{config.Describe(DefaultStore)}: expected file, the only store that Meridian has so far.");
        }

        // glance's own default lists http beside file; it is a store that images are never put into, so that it may stand there.
        var unknown = config.Get(Stores).Where(s => s is not ("file" or "http")).ToList();
        return unknown.Count == 0
            ? config.Get(DataDir)!
            : throw new ConfigException($"{config.Describe(Stores)}: {string.Join(", ", unknown)} is not a store that Meridian has; expected file.");
    }
}

/// <summary>Reads sizes as glance writes them: 5GB, 100 MB, 4096.</summary>
internal static class ByteSize
{
    private static readonly string[] Units = ["TB", "GB", "MB", "KB", "B"];

    /// <exception cref="ConfigException">The text is not a size.</exception>
    public static long Read(ServiceConfig config, Option<string?> option)
    {
        var text = config.Get(option)!.Trim().ToUpperInvariant();
        var unit = Units.FirstOrDefault(u => text.EndsWith(u, StringComparison.Ordinal)) ?? "";
        var factor = unit switch { "TB" => 1L << 40, "GB" => 1L << 30, "MB" => 1L << 20, "KB" => 1L << 10, _ => 1L };
        return long.TryParse(text[..^unit.Length].Trim(), out var number) && number >= 0 && number <= long.MaxValue / factor
            ? number * factor
            : throw new ConfigException($"{config.Describe(option)}: expected a number of bytes, with or without B, KB, MB, GB or TB.");
    }
}
