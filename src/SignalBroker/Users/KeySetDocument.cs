using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using SignalBroker.Identity;

namespace SignalBroker.Users;

/// <summary>Reads what an issuer publishes: a JWK set (RFC 7517).</summary>
public static class KeySetDocument
{
    private const int MostKeys = 64;

    /// <summary>Whether a key set can hold keys for an algorithm: a secret that is published is none.</summary>
    public static bool MayHoldKeysFor(TokenAlgorithms algorithm) =>
        algorithm is TokenAlgorithms.RS256 or TokenAlgorithms.ES256;

    /// <summary>Reads the keys that can verify RS256 or ES256; others may be for somebody else and are left out.</summary>
    /// <returns>Whether it is a key set at all.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> document,
        [NotNullWhen(true)] out IReadOnlyList<SigningKey>? keys,
        out int unusable
    )
    {
        keys = null;
        unusable = 0;
        if (
            !StrictJson.TryReadObject(document, out var set)
            || !set.TryGetProperty("keys", out var entries)
            || entries.ValueKind != JsonValueKind.Array
            || entries.GetArrayLength() > MostKeys
        )
        {
            return false;
        }

        var read = new List<SigningKey>();
        foreach (var entry in entries.EnumerateArray())
        {
            if (Read(entry) is { } key)
            {
                read.Add(key);
            }
            else
            {
                unusable++;
            }
        }

        keys = read;
        return true;
    }

    private static SigningKey? Read(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object || !IsForSignatures(entry))
        {
            return null;
        }

        try
        {
            return entry.Text("kty") switch
            {
                "RSA" when IsFor(entry, "RS256") => SigningKey.OfRsa(
                    entry.Text("kid"),
                    new RSAParameters { Modulus = Bytes(entry, "n"), Exponent = Bytes(entry, "e") }
                ),
                "EC" when IsFor(entry, "ES256") && entry.Text("crv") == "P-256" => SigningKey.OfPoint(
                    entry.Text("kid"),
                    new ECPoint { X = Bytes(entry, "x"), Y = Bytes(entry, "y") }
                ),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static bool IsForSignatures(JsonElement entry) =>
        (!entry.TryGetProperty("use", out _) || entry.Text("use") == "sig")
        && (
            !entry.TryGetProperty("key_ops", out var uses)
            || (
                uses.ValueKind == JsonValueKind.Array
                && uses.EnumerateArray().Any(use => StrictJson.TextOf(use) == "verify")
            )
        );

    private static bool IsFor(JsonElement entry, string algorithm) =>
        !entry.TryGetProperty("alg", out _) || entry.Text("alg") == algorithm;

    private static byte[] Bytes(JsonElement entry, string member) =>
        StrictBase64Url.TryDecode(entry.Text(member), out var bytes) && bytes.Length > 0
            ? bytes
            : throw new CryptographicException($"'{member}' is no number in base64url");
}
