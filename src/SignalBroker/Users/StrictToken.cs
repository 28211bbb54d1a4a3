using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace SignalBroker.Users;

/// <summary>A signed token (RFC 7519) that can be read in only one way; its signature has not been checked.</summary>
/// <param name="KeyId">Which of the issuer's keys it claims to be signed with; null if it does not say.</param>
/// <param name="Claims">Not to be trusted before the signature has been checked.</param>
/// <remarks>The library accepts two members of the same name, and other forms of base64url.</remarks>
internal sealed record StrictToken(JsonWebToken Token, string? KeyId, JsonElement Claims)
{
    /// <summary>The longest token that is accepted, in characters.</summary>
    public const int MaxLength = 8192;

    private const int Parts = 3;

    // Each would change what the rest means: extensions that must be understood, payloads that are not a JSON object or
    // not in base64url, nested tokens, encryption and compression.
    private static readonly string[] Refused = ["crit", "b64", "cty", "enc", "zip"];

    private static readonly string[] Types = ["JWT", "at+jwt", "application/at+jwt"];

    /// <summary>The algorithm that the token claims to be signed with.</summary>
    public string Algorithm => Token.Alg;

    /// <param name="flaw">What is wrong with it, without any part of the token.</param>
    public static bool TryRead(
        string text,
        [NotNullWhen(true)] out StrictToken? token,
        [NotNullWhen(false)] out string? flaw
    )
    {
        token = null;
        flaw =
            text.Length > MaxLength ? $"it is longer than {MaxLength} characters"
            : !TryDecode(text, out var head, out var payload)
                ? "it is not three parts in base64url, joined by full stops"
            : !StrictJson.TryReadObject(head, out var header)
                ? "its header is not a JSON object in which no name occurs twice"
            : FlawOf(header) is { } wrong ? wrong
            : !StrictJson.TryReadObject(payload, out var claims)
                ? "its claims are not a JSON object in which no name occurs twice"
            : !TryRead(text, header.Text("kid"), claims, out token)
                ? "a member of it is not of the type that it should have"
            : null;
        return token is not null;
    }

    private static bool TryDecode(string text, out byte[] head, out byte[] payload)
    {
        (head, payload) = ([], []);
        return text.Split('.', Parts + 1) is [var first, var second, var third]
            && StrictBase64Url.TryDecode(first, out head!)
            && StrictBase64Url.TryDecode(second, out payload!)
            && StrictBase64Url.TryDecode(third, out _);
    }

    private static string? FlawOf(JsonElement header)
    {
        if (Array.Find(Refused, name => header.TryGetProperty(name, out _)) is { } refused)
        {
            return $"its header has a '{refused}', which is not supported";
        }

        // A token for another purpose does not prove who connects (RFC 8725, section 3.11).
        if (
            header.TryGetProperty("typ", out _) && !Types.Contains(header.Text("typ"), StringComparer.OrdinalIgnoreCase)
        )
        {
            return "its 'typ' is not JWT";
        }

        return header.TryGetProperty("kid", out _) && header.Text("kid") is null ? "its 'kid' is no text" : null;
    }

    private static bool TryRead(string text, string? keyId, JsonElement claims, out StrictToken? token)
    {
        try
        {
            token = new(new JsonWebToken(text), keyId, claims);
            return true;
        }
        catch (Exception)
        {
            // Whatever the library throws.
            token = null;
            return false;
        }
    }
}
