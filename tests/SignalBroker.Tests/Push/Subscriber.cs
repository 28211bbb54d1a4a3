using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using SignalBroker.Push;

namespace SignalBroker.Tests.Push;

/// <summary>What a browser keeps of a subscription: it decrypts as RFC 8291 says, with none of the product's code.</summary>
public sealed class Subscriber(Uri endpoint, ECDiffieHellman key, byte[] secret) : IDisposable
{
    public Subscriber(Uri endpoint)
        : this(endpoint, ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256), RandomNumberGenerator.GetBytes(16)) { }

    public Uri Endpoint { get; } = endpoint;

    public byte[] Secret { get; } = secret;

    public byte[] PublicKey
    {
        get
        {
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            return [4, .. point.X!, .. point.Y!];
        }
    }

    internal SubscriberKeys Keys => new(PublicKey, Secret);

    /// <summary>What <c>PushSubscription.toJSON()</c> gives, and what the user wishes.</summary>
    public Dictionary<string, object?> ToJson(bool content = false) =>
        new()
        {
            ["endpoint"] = Endpoint.AbsoluteUri,
            ["expirationTime"] = null,
            ["keys"] = new Dictionary<string, string>
            {
                ["p256dh"] = Base64Url.EncodeToString(PublicKey),
                ["auth"] = Base64Url.EncodeToString(Secret),
            },
            ["content"] = content,
        };

    public byte[] Decrypt(byte[] body)
    {
        var salt = body[..16];
        BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(16)).ShouldBe(4096);
        body[20].ShouldBe((byte)65);
        var sender = body[21..86];
        var record = body[86..];
        using var theirs = ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = sender[1..33], Y = sender[33..] },
            }
        );
        var material = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            key.DeriveRawSecretAgreement(theirs.PublicKey),
            outputLength: 32,
            Secret,
            [.. "WebPush: info\0"u8, .. PublicKey, .. sender]
        );
        var contentKey = Derive(16, "Content-Encoding: aes128gcm\0"u8);
        var nonce = Derive(12, "Content-Encoding: nonce\0"u8);
        var content = new byte[record.Length - 16];
        using var cipher = new AesGcm(contentKey, tagSizeInBytes: 16);
        cipher.Decrypt(nonce, record.AsSpan(..^16), record.AsSpan(^16..), content);
        var end = Array.FindLastIndex(content, padding => padding != 0);
        content[end].ShouldBe((byte)2);
        return content[..end];

        byte[] Derive(int length, ReadOnlySpan<byte> info) =>
            HKDF.DeriveKey(HashAlgorithmName.SHA256, material, length, salt, info.ToArray());
    }

    public void Dispose() => key.Dispose();
}
