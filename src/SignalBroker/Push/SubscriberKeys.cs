using System.Security.Cryptography;
using SignalBroker.Users;

namespace SignalBroker.Push;

/// <summary>What a browser has made so that only itself can read what is pushed to it.</summary>
/// <param name="PublicKey">Its public key: a point on P-256, uncompressed.</param>
/// <param name="Secret">The secret that it shares with whoever pushes.</param>
public sealed record SubscriberKeys(byte[] PublicKey, byte[] Secret)
{
    /// <summary>How many bytes the secret has.</summary>
    public const int SecretBytes = 16;

    /// <summary>How many bytes can be pushed at most.</summary>
    public static readonly int MostBytes =
        EncryptedRecord.RecordBytes - EncryptedRecord.Overhead(P256.UncompressedBytes);

    /// <summary>Encrypts what is to be pushed (RFC 8291).</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> content)
    {
        using var once = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Encrypt(content, once, RandomNumberGenerator.GetBytes(EncryptedRecord.SaltBytes));
    }

    /// <summary>Encrypts with this key pair and salt, which may be used only once.</summary>
    /// <exception cref="ArgumentException">There are more bytes than <see cref="MostBytes"/>.</exception>
    public byte[] Encrypt(ReadOnlySpan<byte> content, ECDiffieHellman once, ReadOnlySpan<byte> salt)
    {
        if (content.Length > MostBytes)
        {
            throw new ArgumentException($"At most {MostBytes} bytes can be pushed.", nameof(content));
        }

        using var subscriber = ECDiffieHellman.Create(
            new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = P256.ReadPoint(PublicKey) }
        );
        var sender = P256.WritePoint(once.ExportParameters(includePrivateParameters: false).Q);
        var agreed = once.DeriveRawSecretAgreement(subscriber.PublicKey);
        Span<byte> pseudorandom = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.Extract(HashAlgorithmName.SHA256, agreed, Secret, pseudorandom);
        Span<byte> material = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.Expand(
            HashAlgorithmName.SHA256,
            pseudorandom,
            material,
            [.. "WebPush: info\0"u8, .. PublicKey, .. sender]
        );
        return EncryptedRecord.Encrypt(content, material, salt, sender);
    }
}
