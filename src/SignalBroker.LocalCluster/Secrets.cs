using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SignalBroker.LocalCluster;

/// <summary>Passwords, and the forms in which the servers want them.</summary>
public static class Secrets
{
    /// <summary>A password of 192 random bits.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetHexString(48, lowercase: true);

    /// <summary>A private key for Web Push: base64url of 32 bytes that are a point's number on P-256.</summary>
    public static string NewPushKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Base64Url.EncodeToString(key.ExportParameters(includePrivateParameters: true).D);
    }

    /// <summary>RabbitMQ's rabbit_password_hashing_sha256: a salt of four bytes, then SHA-256 of salt and password.</summary>
    public static string HashForRabbitMq(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(4);
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])]);
    }
}
