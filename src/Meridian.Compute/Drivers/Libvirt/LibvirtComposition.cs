// SPDX-License-Identifier: Apache-2.0

using Meridian.Compute.Agent;
using Meridian.Compute.Drivers.Vifs;
using Meridian.Platform.Config;
using Microsoft.Extensions.Logging;

namespace Meridian.Compute.Drivers.Libvirt;

/// <summary>Puts a libvirt host together from nova.conf.</summary>
internal static class LibvirtComposition
{
    /// <param name="config">nova.conf, with <see cref="LibvirtOptions"/> declared.</param>
    /// <param name="host">[DEFAULT] host.</param>
    /// <param name="instancesPath">[DEFAULT] instances_path; images are cached in its _base.</param>
    /// <param name="source">The image service.</param>
    /// <param name="clock">For deadlines.</param>
    /// <param name="loggers">For driver, cache and plugger.</param>
    public static (IHypervisorDriver Driver, IGuestImages Images) Make(
        ServiceConfig config, string host, string instancesPath, ImageSource source, TimeProvider clock, ILoggerFactory loggers) => (
        new LibvirtHypervisorDriver(
            LibvirtOptions.Read(config, host, instancesPath),
            new OvsPlugger(OvsOptions.Read(config), loggers.CreateLogger<OvsPlugger>()), clock, loggers.CreateLogger<LibvirtHypervisorDriver>()),
        new ImageCache(
            new(Path.Combine(instancesPath, "_base"), config.Get(LibvirtOptions.ForceRawImages), LibvirtOptions.ToolUserId),
            source, loggers.CreateLogger<ImageCache>()));
}
