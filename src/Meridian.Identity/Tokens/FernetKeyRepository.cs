// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Meridian.Identity.Tokens;

/// <summary>
/// A directory of Fernet keys, as keystone-manage keeps them: files named by integers, 0 is staged (the next primary),
/// the highest is the primary (signs), the others only decrypt. Each file is 32 bytes in URL-safe base64, mode 0600.
/// </summary>
internal sealed class FernetKeyRepository(string path, int maxActiveKeys)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path => path;

    /// <summary>Changes whenever a file appears or vanishes.</summary>
    public DateTime Stamp => Directory.GetLastWriteTimeUtc(path);

    /// <returns>The keys, the primary first; empty when there is no repository.</returns>
    public IReadOnlyList<Fernet> LoadKeys()
    {
        var keys = new List<Fernet>();
        foreach (var (number, file) in KeyFiles().Reverse())
        {
            string text;
            try
            {
                text = File.ReadAllText(file).Trim();
            }
            catch (FileNotFoundException)
            {
                continue; // A rotation removed it between the listing and now.
            }

            if (text.Length == 0)
            {
                continue; // A disk that was full left it so.
            }

            try
            {
                keys.Add(new Fernet(Base64Url.DecodeFromChars(text.TrimEnd('='))));
            }
            catch (Exception e) when (e is FormatException or ArgumentException)
            {
                throw new InvalidDataException($"Key {number} in {path} is not 32 bytes of URL-safe base64.", e);
            }
        }

        return keys;
    }

    /// <summary>Makes the directory and its first two keys; does nothing where key 0 exists.</summary>
    /// <returns>False when the repository was there already.</returns>
    public bool EnsureInitialized()
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }

        if (File.Exists(KeyPath(0)))
        {
            return false;
        }

        WriteStaged();
        File.Move(StagedPath, KeyPath(0));
        Rotate();
        return true;
    }

    /// <summary>Makes the staged key the primary and stages a new one; the oldest keys beyond the limit go.</summary>
    /// <exception cref="InvalidOperationException">The repository was never set up.</exception>
    public void Rotate()
    {
        var files = KeyFiles();
        if (!files.ContainsKey(0))
        {
            throw new InvalidOperationException($"{path} has no staged key 0; run fernet_setup first.");
        }

        // The new staged key is on disk before anything moves: a crash or a full disk leaves a usable repository.
        WriteStaged();
        var primary = files.Keys.Max() + 1;
        File.Move(KeyPath(0), KeyPath(primary));
        File.Move(StagedPath, KeyPath(0), overwrite: true);

        // Keystone counts the staged key among the active ones, and never removes it or the primary.
        var secondary = files.Keys.Where(n => n != 0).Order().ToList();
        var excess = secondary.Count + 2 - Math.Max(maxActiveKeys, 2);
        foreach (var number in secondary.Take(Math.Max(excess, 0)))
        {
            File.Delete(KeyPath(number));
        }
    }

    /// <summary>Gives the directory and its keys to a user and group, as <c>--keystone-user</c> asks.</summary>
    public IEnumerable<string> Files() => KeyFiles().Values.Prepend(path);

    private string StagedPath => System.IO.Path.Combine(path, "0.tmp");

    private string KeyPath(int number) => System.IO.Path.Combine(path, number.ToString(CultureInfo.InvariantCulture));

    private SortedDictionary<int, string> KeyFiles()
    {
        var files = new SortedDictionary<int, string>();
        if (!Directory.Exists(path))
        {
            return files;
        }

        foreach (var file in Directory.EnumerateFiles(path))
        {
            if (int.TryParse(System.IO.Path.GetFileName(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                files[number] = file;
            }
        }

        return files;
    }

    private void WriteStaged()
    {
        File.Delete(StagedPath);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        using var stream = new FileStream(StagedPath, options);
        stream.Write(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Fernet.NewKey()) + "="));
        stream.Flush(flushToDisk: true);
    }
}
