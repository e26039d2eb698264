// SPDX-License-Identifier: Apache-2.0
using System.Security.Cryptography;

namespace Meridian.Identity.Tokens;

/// <summary>An elliptic-curve signature of JSON Web Algorithms. Source: RFC 7518, 3.4.</summary>
/// <param name="Name">As the header's <c>alg</c> has it.</param>
/// <param name="CurveOid">The curve that its keys must be on.</param>
/// <param name="SignatureBytes">Both halves of a signature, of fixed length.</param>
internal sealed record JwsAlgorithm(string Name, ECCurve Curve, string CurveOid, HashAlgorithmName Hash, int SignatureBytes)
{
    public static readonly JwsAlgorithm Es256 = new("ES256", ECCurve.NamedCurves.nistP256, "1.2.840.10045.3.1.7", HashAlgorithmName.SHA256, 64);
    public static readonly JwsAlgorithm Es384 = new("ES384", ECCurve.NamedCurves.nistP384, "1.3.132.0.34", HashAlgorithmName.SHA384, 96);
    public static readonly JwsAlgorithm Es512 = new("ES512", ECCurve.NamedCurves.nistP521, "1.3.132.0.35", HashAlgorithmName.SHA512, 132);

    public static IReadOnlyList<JwsAlgorithm> All { get; } = [Es256, Es384, Es512];

    /// <summary>Exact names only: <c>none</c> and the algorithms with a shared secret are not among them.</summary>
    public static JwsAlgorithm? Find(string name) => All.FirstOrDefault(a => a.Name == name);

    /// <returns>Null for a curve that no algorithm here uses.</returns>
    public static JwsAlgorithm? Of(ECDsa key) => key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value is { } oid ? All.FirstOrDefault(a => a.CurveOid == oid) : null;
}
