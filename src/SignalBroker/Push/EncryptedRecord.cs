using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SignalBroker.Push;

/// <summary>The content coding <c>aes128gcm</c> (RFC 8188), with everything in one record as Web Push wants it.</summary>
public static class EncryptedRecord
{
    /// <summary>The largest record, which is also the largest body that every push service takes (RFC 8030, section 7.2).</summary>
    public const int RecordBytes = 4096;

    /// <summary>How many bytes the salt has.</summary>
    public const int SaltBytes = 16;

    private const int KeyBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const byte LastRecord = 2;

    /// <summary>How many bytes the body has besides the content, with a key id of so many bytes.</summary>
    public static int Overhead(int keyIdBytes) =>
        SaltBytes + sizeof(int) + sizeof(byte) + keyIdBytes + sizeof(byte) + TagBytes;

    /// <summary>Encrypts the content.</summary>
    /// <param name="content">It must fit into one record.</param>
    /// <param name="secret">The input keying material; it may not be used again with the same salt.</param>
    /// <param name="keyId">What tells the receiver which secret it is.</param>
    public static byte[] Encrypt(
        ReadOnlySpan<byte> content,
        ReadOnlySpan<byte> secret,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> keyId
    )
    {
        Span<byte> pseudorandom = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.Extract(HashAlgorithmName.SHA256, secret, salt, pseudorandom);
        Span<byte> key = stackalloc byte[KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, pseudorandom, key, "Content-Encoding: aes128gcm\0"u8);
        Span<byte> nonce = stackalloc byte[NonceBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, pseudorandom, nonce, "Content-Encoding: nonce\0"u8);

        var body = new byte[content.Length + Overhead(keyId.Length)];
        var rest = body.AsSpan();
        salt.CopyTo(rest);
        rest = rest[SaltBytes..];
        BinaryPrimitives.WriteInt32BigEndian(rest, RecordBytes);
        rest = rest[sizeof(int)..];
        rest[0] = (byte)keyId.Length;
        keyId.CopyTo(rest[1..]);
        rest = rest[(1 + keyId.Length)..];

        Span<byte> record = [.. content, LastRecord];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(nonce, record, rest[..record.Length], rest[record.Length..]);
        return body;
    }
}
