using System.Security.Cryptography;

namespace SignalBroker.Users;

/// <summary>The forms in which Web Push writes keys on the curve P-256.</summary>
internal static class P256
{
    /// <summary>The curve's name in PEM.</summary>
    public const string Oid = "1.2.840.10045.3.1.7";

    /// <summary>How many bytes a private key, or a coordinate, has.</summary>
    public const int ScalarBytes = 32;

    /// <summary>How many bytes an uncompressed point has (SEC 1, section 2.3.3).</summary>
    public const int UncompressedBytes = 1 + (2 * ScalarBytes);

    private const byte Uncompressed = 4;

    /// <summary>Whether these bytes are an uncompressed point on the curve.</summary>
    public static bool IsPoint(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != UncompressedBytes || bytes[0] != Uncompressed)
        {
            return false;
        }

        try
        {
            ECDiffieHellman
                .Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = ReadPoint(bytes) })
                .Dispose();
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public static ECPoint ReadPoint(ReadOnlySpan<byte> bytes) =>
        new() { X = bytes.Slice(1, ScalarBytes).ToArray(), Y = bytes[(1 + ScalarBytes)..].ToArray() };

    public static byte[] WritePoint(ECPoint point) => [Uncompressed, .. point.X!, .. point.Y!];
}
