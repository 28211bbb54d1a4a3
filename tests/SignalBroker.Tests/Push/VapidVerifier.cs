using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SignalBroker.Tests.Push;

/// <summary>Checks VAPID as a push service does (RFC 8292), with none of the product's code.</summary>
public static class VapidVerifier
{
    /// <summary>Whether the token is signed with the key, which is an uncompressed point in base64url.</summary>
    public static bool Verifies(string token, string publicKey)
    {
        var parts = token.Split('.');
        var point = Base64Url.DecodeFromChars(publicKey);
        using var key = ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[1..33], Y = point[33..65] },
            }
        );
        return parts is [var header, _, var signature]
            && JsonElement.Parse(Base64Url.DecodeFromChars(header)).GetProperty("alg").GetString() == "ES256"
            && key.VerifyData(
                Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]),
                Base64Url.DecodeFromChars(signature),
                HashAlgorithmName.SHA256
            );
    }

    /// <summary>What is wrong with a request's <c>Authorization</c>; null when nothing is.</summary>
    public static string? FindFlaw(string? authorization, string publicKey, string audience, DateTimeOffset now)
    {
        var parts = authorization?.Split(", ");
        if (parts is not [var scheme, var key] || !scheme.StartsWith("vapid t=", StringComparison.Ordinal))
        {
            return $"it is not vapid: {authorization}";
        }

        if (key != $"k={publicKey}")
        {
            return "it is another server's";
        }

        var token = scheme["vapid t=".Length..];
        if (!Verifies(token, publicKey))
        {
            return "its signature is wrong";
        }

        var claims = JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
        var expiry = DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("exp").GetInt64());
        return claims.GetProperty("aud").GetString() != audience ? "it is for another push service"
            : expiry <= now || expiry > now.AddHours(24) ? "it is good for too long, or no longer"
            : claims.GetProperty("sub").GetString() != PushCluster.Subject ? "it has another contact"
            : null;
    }
}
