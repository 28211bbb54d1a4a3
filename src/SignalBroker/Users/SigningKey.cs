using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>Makes the keys that verify tokens, each for the one algorithm of its kind.</summary>
internal static class SigningKey
{
    private const int MinSecretBytes = SHA256.HashSizeInBytes;
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    /// <summary>The one algorithm that a key is used with.</summary>
    public static TokenAlgorithms AlgorithmOf(SecurityKey key) =>
        key switch
        {
            SymmetricSecurityKey => TokenAlgorithms.HS256,
            RsaSecurityKey => TokenAlgorithms.RS256,
            _ => TokenAlgorithms.ES256,
        };

    /// <summary>A secret that the issuer shares with us, for HS256.</summary>
    /// <exception cref="CryptographicException">It is too short.</exception>
    public static SecurityKey OfSecret(string? id, byte[] secret) =>
        secret.Length >= MinSecretBytes
            ? new SymmetricSecurityKey(secret) { KeyId = id }
            : throw new CryptographicException($"a secret must have at least {MinSecretBytes} bytes");

    /// <summary>An RSA key, for RS256.</summary>
    /// <exception cref="CryptographicException">It is not such a key, or too weak.</exception>
    public static SecurityKey OfRsa(string? id, RSAParameters parameters)
    {
        using var rsa = RSA.Create(parameters);
        return rsa.KeySize is >= MinRsaBits and <= MaxRsaBits
            ? new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: false)) { KeyId = id }
            : throw new CryptographicException($"an RSA key must have {MinRsaBits} to {MaxRsaBits} bits");
    }

    /// <summary>A point on P-256, for ES256.</summary>
    /// <exception cref="CryptographicException">It is not on the curve.</exception>
    public static SecurityKey OfPoint(string? id, ECPoint point) =>
        new ECDsaSecurityKey(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }))
        {
            KeyId = id,
        };

    /// <summary>A public key or certificate in PEM, of RSA or on P-256.</summary>
    /// <exception cref="CryptographicException">It is something else; a private key does not belong here.</exception>
    public static SecurityKey OfPem(string? id, string pem)
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

    /// <summary>A key of a JWK set (RFC 7517) that verifies RS256 or ES256; null if it is for something else.</summary>
    public static SecurityKey? OfJwk(string json)
    {
        try
        {
            return JsonWebKey.Create(json) switch
            {
                { Use: not (null or "sig") } => null,
                { KeyOps: { Count: > 0 } uses } when !uses.Contains("verify") => null,
                { Kty: "RSA", Alg: null or "RS256" } key => OfRsa(
                    key.Kid,
                    new RSAParameters
                    {
                        Modulus = Base64UrlEncoder.DecodeBytes(key.N),
                        Exponent = Base64UrlEncoder.DecodeBytes(key.E),
                    }
                ),
                { Kty: "EC", Crv: "P-256", Alg: null or "ES256" } key => OfPoint(
                    key.Kid,
                    new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) }
                ),
                _ => null,
            };
        }
        catch (Exception)
        {
            // Whatever is wrong with it must not affect the other keys.
            return null;
        }
    }

    private static SecurityKey OfPublicKey(string? id, PublicKey key)
    {
        using var rsa = key.GetRSAPublicKey();
        if (rsa is not null)
        {
            return OfRsa(id, rsa.ExportParameters(includePrivateParameters: false));
        }

        using var curve = key.GetECDsaPublicKey();
        return
            curve?.ExportParameters(includePrivateParameters: false) is { Curve: { IsNamed: true } named } point
            && named.Oid.Value == P256.Oid
            ? OfPoint(id, point.Q)
            : throw new CryptographicException("the key must be one of RSA or on P-256");
    }
}
