using System.Buffers.Text;
using System.Security.Cryptography;
using SignalBroker.Users;

namespace SignalBroker.Push;

/// <summary>The key by which push services know this server (RFC 8292).</summary>
internal sealed class VapidKey
{
    private VapidKey(ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: true);
        PublicKey = Base64Url.EncodeToString(P256.WritePoint(parameters.Q));
        PrivateKey = Base64Url.EncodeToString(parameters.D!);
    }

    /// <summary>The <c>applicationServerKey</c> for browsers: base64url of the uncompressed point.</summary>
    public string PublicKey { get; }

    /// <summary>The private key in the form that most tools write: base64url of its 32 bytes.</summary>
    public string PrivateKey { get; }

    public static VapidKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(key);
    }

    /// <summary>Reads a private key in PEM or in base64url.</summary>
    /// <exception cref="CryptographicException">It is no private key on P-256.</exception>
    public static VapidKey Read(string text)
    {
        using var key = ECDsa.Create();
        try
        {
            Import(key, text);
            return new(key);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new CryptographicException(
                "it must be a private key on the curve P-256, in PEM or as base64url of 32 bytes",
                wrong
            );
        }
    }

    private static void Import(ECDsa key, string text)
    {
        if (PemEncoding.TryFind(text, out _))
        {
            key.ImportFromPem(text);
        }
        else if (StrictBase64Url.TryDecode(text.Trim(), out var bytes) && bytes.Length == P256.ScalarBytes)
        {
            key.ImportParameters(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = bytes });
        }
        else
        {
            throw new CryptographicException("it is neither");
        }

        // Fails for a public key.
        if (key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value != P256.Oid)
        {
            throw new CryptographicException("it is on another curve");
        }
    }
}
