// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;

namespace Meridian.Identity.Tokens;

/// <summary>A public key and the one algorithm that it verifies.</summary>
internal sealed record JwsPublicKey(string File, JwsAlgorithm Algorithm, byte[] SubjectPublicKeyInfo)
{
    public bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo, out _);
        return key.VerifyData(signed, signature, Algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}

/// <summary>The key that signs here.</summary>
internal sealed record JwsPrivateKey(JwsAlgorithm Algorithm, byte[] Pkcs8, byte[] SubjectPublicKeyInfo)
{
    public byte[] Sign(ReadOnlySpan<byte> signed)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Pkcs8, out _);
        return key.SignData(signed, Algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}

/// <param name="Private">Null where there is none: such a Keystone only validates.</param>
/// <param name="Ignored">Names of files among the public keys that are none.</param>
internal sealed record JwsKeys(JwsPrivateKey? Private, IReadOnlyList<JwsPublicKey> Public, IReadOnlyList<string> Ignored)
{
    public static bool AreSame(JwsKeys one, JwsKeys other) =>
        SameBytes(one.Private?.SubjectPublicKeyInfo, other.Private?.SubjectPublicKeyInfo)
        && one.Public.Count == other.Public.Count
        && one.Public.Zip(other.Public).All(pair => SameBytes(pair.First.SubjectPublicKeyInfo, pair.Second.SubjectPublicKeyInfo));

    private static bool SameBytes(byte[]? one, byte[]? other) => one is null ? other is null : other is not null && one.AsSpan().SequenceEqual(other);
}

/// <summary>
/// Two folders of PEM files: <c>private.pem</c> signs, every file of the other folder verifies. Regions that sign with keys of their own each hold all public keys;
/// taking one away ends that region's tokens. Source: Keystone's options jws_private_key_repository and jws_public_key_repository.
/// </summary>
internal sealed class JwsKeyRepository(string privateFolder, string publicFolder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string PrivateKeyFile => Path.Combine(privateFolder, "private.pem");

    public string PublicFolder => publicFolder;

    /// <summary>Changes whenever a public key appears or vanishes, or the private key is replaced.</summary>
    public DateTime Stamp
    {
        get
        {
            var (keys, own) = (Directory.GetLastWriteTimeUtc(publicFolder), File.GetLastWriteTimeUtc(PrivateKeyFile));
            return keys > own ? keys : own;
        }
    }

    /// <exception cref="InvalidDataException">The private key is no elliptic-curve key in PEM.</exception>
    public JwsKeys Load()
    {
        var keys = new List<JwsPublicKey>();
        var ignored = new List<string>();
        foreach (var file in Directory.Exists(publicFolder) ? Directory.GetFiles(publicFolder).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            if (LoadPublic(file) is { } key)
            {
                keys.Add(key);
            }
            else
            {
                ignored.Add(Path.GetFileName(file));
            }
        }

        return new(LoadPrivate(), keys, ignored);
    }

    /// <summary>Writes a new pair as keystone-manage create_jws_keypair does; nobody but the owner reads the private key.</summary>
    public static void CreatePair(string privateFile, string publicFile, JwsAlgorithm algorithm)
    {
        using var key = ECDsa.Create(algorithm.Curve);
        File.Delete(privateFile);
        using (var stream = new FileStream(privateFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        using (var writer = new StreamWriter(stream))
        {
            writer.WriteLine(key.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllText(publicFile, key.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    private static JwsPublicKey? LoadPublic(string file)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(file));
            return JwsAlgorithm.Of(key) is { } algorithm ? new(file, algorithm, key.ExportSubjectPublicKeyInfo()) : null;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or FileNotFoundException)
        {
            return null; // Counted by the caller; one stray file does not end the others' tokens.
        }
    }

    private JwsPrivateKey? LoadPrivate()
    {
        string text;
        try
        {
            text = File.ReadAllText(PrivateKeyFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(text);
            return new(
                JwsAlgorithm.Of(key) ?? throw new InvalidDataException($"{PrivateKeyFile} is on a curve that none of {string.Join(", ", JwsAlgorithm.All.Select(a => a.Name))} uses."),
                key.ExportPkcs8PrivateKey(), key.ExportSubjectPublicKeyInfo());
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new InvalidDataException($"{PrivateKeyFile} is no elliptic-curve private key in PEM.", e);
        }
    }
}
