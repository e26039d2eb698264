// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;
using System.Text;

using Meridian.Host.Output;
using Meridian.Host.State;

namespace Meridian.Host.Regions;

/// <summary>
/// Writes the regions' configuration files. A file that an operator changed is left as it is, and the user is told; what <c>up</c> would write
/// in its place is put beside it when that differs from what it wrote last.
/// </summary>
internal sealed class ConfigFileWriter(StateDirectory state, Steps steps)
{
    private readonly Dictionary<string, string> written = state.ReadMap(state.WrittenFile);

    public void Write(RegionPlan region, RegionFiles files)
    {
        foreach (var (name, text) in files.All)
        {
            WriteFile(Path.Combine(state.Etc(region.Name), name), $"{region.Name}/{name}", text);
        }

        state.SaveMap(state.WrittenFile, written);
    }

    private void WriteFile(string path, string key, string text)
    {
        var wanted = Digest(text);
        var found = File.Exists(path) ? Digest(File.ReadAllText(path)) : null;
        var last = written.GetValueOrDefault(key);
        if (found == wanted)
        {
            written[key] = wanted;
        }
        else if (found is null || found == last)
        {
            StateDirectory.Write(path, text);
            written[key] = wanted;
        }
        else
        {
            var proposal = wanted == last ? "" : $"; what `up` would write now is in {key}.new";
            if (wanted != last)
            {
                StateDirectory.Write(path + ".new", text);
            }

            steps.Say($"etc/{key} was changed by hand: used as it is{proposal}");
        }
    }

    private static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
