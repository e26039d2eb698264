// SPDX-License-Identifier: Apache-2.0
using Meridian.Platform.Config;

namespace Meridian.Host.Setup;

/// <summary>Where Meridian's own files are: the folder of <c>./meridian</c>, with its scripts beside the program.</summary>
internal sealed class Installation(string root)
{
    public static Installation Find()
    {
        if (Environment.GetEnvironmentVariable("MERIDIAN_HOME") is { Length: > 0 } told)
        {
            return new(told);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "guest", "build-guest")))
            {
                return new(folder.FullName);
            }
        }

        return new(AppContext.BaseDirectory);
    }

    /// <exception cref="ConfigException">The file is not there.</exception>
    public string File(string name)
    {
        var path = Path.Combine(root, name);
        return System.IO.File.Exists(path) ? path : throw new ConfigException($"{path} is missing: run Meridian from its source folder, as ./meridian.");
    }

    /// <summary>A folder for what can be made again.</summary>
    public string Cache(string name) => Directory.CreateDirectory(Path.Combine(root, "artifacts", name)).FullName;
}
