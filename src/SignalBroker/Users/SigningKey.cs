using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SignalBroker.Users;

/// <summary>A key that verifies signatures of the one algorithm that its kind allows.</summary>
/// <param name="id">The issuer's name for the key (<c>kid</c>); null when it has none.</param>
/// <param name="algorithm">The only algorithm that it is used with.</param>
public abstract class SigningKey(string? id, TokenAlgorithms algorithm)
{
    private const int LeastSecretBytes = SHA256.HashSizeInBytes;
    private const int LeastRsaBits = 2048;
    private const int MostRsaBits = 8192;
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>The issuer's name for the key; null when it has none.</summary>
    public string? Id { get; } = id;

    /// <summary>The only algorithm that the key is used with.</summary>
    public TokenAlgorithms Algorithm { get; } = algorithm;

    /// <summary>A secret that the issuer shares with us, for HS256.</summary>
    /// <exception cref="CryptographicException">It is too short.</exception>
    public static SigningKey OfSecret(string? id, byte[] secret) =>
        secret.Length >= LeastSecretBytes
            ? new Hmac(id, secret)
            : throw new CryptographicException($"a secret must have at least {LeastSecretBytes} bytes");

    /// <summary>An RSA key, for RS256.</summary>
    /// <exception cref="CryptographicException">It is no such key or too weak.</exception>
    public static SigningKey OfRsa(string? id, RSAParameters parameters)
    {
        using var rsa = RSA.Create(parameters);
        return rsa.KeySize is >= LeastRsaBits and <= MostRsaBits
            ? new Rsa(id, rsa.ExportParameters(includePrivateParameters: false))
            : throw new CryptographicException($"an RSA key must have {LeastRsaBits} to {MostRsaBits} bits");
    }

    /// <summary>A point on P-256, for ES256.</summary>
    /// <exception cref="CryptographicException">It does not lie on the curve.</exception>
    public static SigningKey OfPoint(string? id, ECPoint point)
    {
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point };
        ECDsa.Create(parameters).Dispose();
        return new EllipticCurve(id, parameters);
    }

    /// <summary>A public key or certificate in PEM, of RSA or on P-256.</summary>
    /// <exception cref="CryptographicException">It is something else; a private key has no place here.</exception>
    public static SigningKey OfPem(string? id, string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            throw new CryptographicException("there is no PEM");
        }

        var bytes = Convert.FromBase64String(pem[fields.Base64Data]);
        switch (pem[fields.Label])
        {
            case "PUBLIC KEY":
                return OfPublicKey(id, PublicKey.CreateFromSubjectPublicKeyInfo(bytes, out _));
            case "CERTIFICATE":
                using (var certificate = X509CertificateLoader.LoadCertificate(bytes))
                {
                    return OfPublicKey(id, certificate.PublicKey);
                }

            case "RSA PUBLIC KEY":
                using (var rsa = RSA.Create())
                {
                    rsa.ImportRSAPublicKey(bytes, out _);
                    return OfRsa(id, rsa.ExportParameters(includePrivateParameters: false));
                }

            default:
                throw new CryptographicException("the PEM must hold a public key or a certificate");
        }
    }

    /// <summary>Whether the signature is this key's, over these bytes.</summary>
    public abstract bool Verifies(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature);

    private static SigningKey OfPublicKey(string? id, PublicKey key)
    {
        using var rsa = key.GetRSAPublicKey();
        if (rsa is not null)
        {
            return OfRsa(id, rsa.ExportParameters(includePrivateParameters: false));
        }

        using var curve = key.GetECDsaPublicKey();
        return
            curve?.ExportParameters(includePrivateParameters: false) is { Curve: { IsNamed: true } named } point
            && named.Oid.Value == P256
            ? OfPoint(id, point.Q)
            : throw new CryptographicException("the key must be one of RSA or on P-256");
    }

    private sealed class Hmac(string? id, byte[] secret) : SigningKey(id, TokenAlgorithms.HS256)
    {
        public override bool Verifies(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
        {
            Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(secret, signingInput, expected);
            return CryptographicOperations.FixedTimeEquals(expected, signature);
        }
    }

    private sealed class Rsa(string? id, RSAParameters parameters) : SigningKey(id, TokenAlgorithms.RS256)
    {
        private readonly Idle<RSA> objects = new(() => RSA.Create(parameters));

        public override bool Verifies(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
        {
            var rsa = objects.Take();
            var verifies = rsa.VerifyData(signingInput, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            objects.Return(rsa);
            return verifies;
        }
    }

    private sealed class EllipticCurve(string? id, ECParameters parameters) : SigningKey(id, TokenAlgorithms.ES256)
    {
        private const int SignatureBytes = 64;

        private readonly Idle<ECDsa> objects = new(() => ECDsa.Create(parameters));

        // RFC 7518, section 3.4: R and S, 32 bytes each; never in DER.
        public override bool Verifies(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
        {
            if (signature.Length != SignatureBytes)
            {
                return false;
            }

            var ecdsa = objects.Take();
            var verifies = ecdsa.VerifyData(
                signingInput,
                signature,
                HashAlgorithmName.SHA256,
                DSASignatureFormat.IeeeP1363FixedFieldConcatenation
            );
            objects.Return(ecdsa);
            return verifies;
        }
    }

    // Such an object is not promised to serve several threads at once, and to make one costs more than a signature.
    private sealed class Idle<T>(Func<T> create)
    {
        private readonly ConcurrentBag<T> objects = [];

        public T Take() => objects.TryTake(out var idle) ? idle : create();

        public void Return(T used) => objects.Add(used);
    }
}
