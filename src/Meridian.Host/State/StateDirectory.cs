// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Meridian.Host.State;

/// <summary>
/// The folder with all that a cloud on this machine is: <c>etc/</c> configuration, <c>lib/</c> databases, images and disks, <c>log/</c>, <c>run/</c>
/// what a reboot may lose, and the users' files at its top. Nothing else on the machine is needed to go on.
/// </summary>
internal sealed class StateDirectory(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Root { get; } = Path.GetFullPath(path);

    public bool Exists => File.Exists(PlanFile);

    public string PlanFile => Path.Combine(Root, "cloud.json");

    public string SecretsFile => Path.Combine(Root, "secrets.json");

    /// <summary>Digests of the configuration files as <c>up</c> wrote them.</summary>
    public string WrittenFile => Path.Combine(Root, "etc", ".written.json");

    /// <summary>Says which set-up has been carried out whole.</summary>
    public string DoneFile => Path.Combine(Root, "lib", ".done.json");

    public string Run => Path.Combine(Root, "run");

    public string Etc(string region) => Path.Combine(Root, "etc", region);

    public string Lib(string region) => Path.Combine(Root, "lib", region);

    public string Log(string? region = null) => region is null ? Path.Combine(Root, "log") : Path.Combine(Root, "log", region);

    public string FileAt(string name) => Path.Combine(Root, name);

    public void Create()
    {
        // QEMU runs as another user and must reach its disks, hence no 0700; what is secret is in files of mode 0600.
        foreach (var folder in (string[])["etc", "lib", "log", "run"])
        {
            Directory.CreateDirectory(Path.Combine(Root, folder));
        }
    }

    public CloudPlan? FindPlan() => Read(PlanFile, StateJson.Default.CloudPlan);

    public void SavePlan(CloudPlan plan) => Write(PlanFile, JsonSerializer.Serialize(plan, StateJson.Default.CloudPlan));

    public Dictionary<string, string> ReadMap(string file) => Read(file, StateJson.Default.DictionaryStringString) ?? [];

    public void SaveMap(string file, Dictionary<string, string> map) => Write(file, JsonSerializer.Serialize(map, StateJson.Default.DictionaryStringString));

    /// <summary>Writes a file whole or not at all, readable by its owner only.</summary>
    public static void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var part = file + ".part";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        using (var stream = new FileStream(part, options))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }

        File.Move(part, file, overwrite: true);
    }

    private static T? Read<T>(string file, JsonTypeInfo<T> type)
        where T : class =>
        File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), type) : null;
}
