using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>Reads what an issuer publishes: a JWK set (RFC 7517).</summary>
internal static class KeySetDocument
{
    private const int MaxKeys = 64;

    /// <summary>Reads the keys that can verify RS256 or ES256; others may be for somebody else and are left out.</summary>
    /// <returns>Whether it is a key set at all.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> document,
        [NotNullWhen(true)] out IReadOnlyList<SecurityKey>? keys,
        out int unusable
    )
    {
        keys = null;
        unusable = 0;
        if (
            !StrictJson.TryReadObject(document, out var set)
            || !set.TryGetProperty("keys", out var entries)
            || entries.ValueKind != JsonValueKind.Array
            || entries.GetArrayLength() > MaxKeys
        )
        {
            return false;
        }

        // One by one: the library's own set fails as a whole over an odd entry.
        keys =
        [
            .. entries.EnumerateArray().Select(entry => SigningKey.OfJwk(entry.GetRawText())).OfType<SecurityKey>(),
        ];
        unusable = entries.GetArrayLength() - keys.Count;
        return true;
    }
}
