using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using SignalBroker.Users;

namespace SignalBroker.Tests.Users;

/// <summary>Whoever signs users' tokens, with a key of each kind; also what a forger can do.</summary>
public sealed class Issuer : IDisposable
{
    public const string Name = "https://issuer.example";
    public const string Audience = "signalbroker";

    public byte[] Secret { get; } = RandomNumberGenerator.GetBytes(32);

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Curve { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public IReadOnlyList<SecurityKey> Keys =>
        [
            SigningKey.OfSecret("secret", Secret),
            SigningKey.OfPem("rsa", Rsa.ExportSubjectPublicKeyInfoPem()),
            SigningKey.OfPem("curve", Curve.ExportSubjectPublicKeyInfoPem()),
        ];

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static byte[] Hmac(byte[] secret, string signingInput) =>
        HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signingInput));

    /// <summary>Claims that are good for an hour from then on.</summary>
    public static string ClaimsOf(string userId, DateTimeOffset now, string more = "") =>
        $$"""{"iss":"{{Name}}","aud":"{{Audience}}","sub":"{{userId}}","exp":{{now.ToUnixTimeSeconds() + 3600}}{{more}}}""";

    /// <summary>A token with the usual header and a good signature.</summary>
    public string Sign(string algorithm, string claims) =>
        Sign(algorithm, $$"""{"alg":"{{algorithm}}","typ":"JWT"}""", claims);

    /// <summary>A token with this header, signed as the algorithm wants it, whatever the header says.</summary>
    public string Sign(string algorithm, string header, string claims)
    {
        var signingInput = $"{Encode(header)}.{Encode(claims)}";
        return $"{signingInput}.{Encode(SignatureOf(algorithm, signingInput))}";
    }

    public byte[] SignatureOf(string algorithm, string signingInput)
    {
        var bytes = Encoding.ASCII.GetBytes(signingInput);
        return algorithm switch
        {
            "HS256" => HMACSHA256.HashData(Secret, bytes),
            "RS256" => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "ES256" => Curve.SignData(bytes, HashAlgorithmName.SHA256),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
        };
    }

    /// <summary>The RSA key as an entry of a JWK set.</summary>
    public string RsaEntry(string id, string more = "")
    {
        var key = Rsa.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"RSA","kid":"{{id}}","n":"{{Encode(key.Modulus)}}","e":"{{Encode(key.Exponent)}}"{{more}}}""";
    }

    /// <summary>The key on P-256 as an entry of a JWK set.</summary>
    public string CurveEntry(string id, string more = "")
    {
        var key = Curve.ExportParameters(includePrivateParameters: false).Q;
        return $$"""{"kty":"EC","crv":"P-256","kid":"{{id}}","x":"{{Encode(key.X)}}","y":"{{Encode(key.Y)}}"{{more}}}""";
    }

    public void Dispose()
    {
        Rsa.Dispose();
        Curve.Dispose();
    }
}
