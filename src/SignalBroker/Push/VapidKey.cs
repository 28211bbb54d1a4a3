using System.Buffers.Text;
using System.Security.Cryptography;
using SignalBroker.Identity;
using SignalBroker.Users;

namespace SignalBroker.Push;

/// <summary>The key by which push services know this server (RFC 8292).</summary>
public sealed class VapidKey : IDisposable
{
    private readonly Lock signing = new();
    private readonly ECDsa key;

    private VapidKey(ECDsa key)
    {
        this.key = key;
        PublicKey = Base64Url.EncodeToString(P256.WritePoint(key.ExportParameters(includePrivateParameters: false).Q));
    }

    /// <summary>The public key, as a browser takes it for <c>applicationServerKey</c>: base64url of the uncompressed point.</summary>
    public string PublicKey { get; }

    /// <summary>The private key in the form that most tools write: base64url of its 32 bytes.</summary>
    public string PrivateKey => Base64Url.EncodeToString(key.ExportParameters(includePrivateParameters: true).D!);

    public static VapidKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a private key in PEM or in base64url.</summary>
    /// <exception cref="CryptographicException">It is no private key on P-256.</exception>
    public static VapidKey Read(string text)
    {
        var read = ECDsa.Create();
        try
        {
            Import(read, text);
            return new(read);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            read.Dispose();
            throw new CryptographicException(
                "it must be a private key on the curve P-256, in PEM or as base64url of 32 bytes",
                wrong
            );
        }
    }

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        // One object for all: it is not promised to serve several threads at once, and tokens are made rarely.
        lock (signing)
        {
            return key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    public void Dispose() => key.Dispose();

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

        // What holds a public key only can't be exported so.
        if (key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value != P256.Oid)
        {
            throw new CryptographicException("it is on another curve");
        }
    }
}
