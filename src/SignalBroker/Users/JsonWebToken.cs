using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using SignalBroker.Identity;

namespace SignalBroker.Users;

/// <summary>A signed token (RFC 7519) in its compact form (RFC 7515), taken apart but not believed.</summary>
public sealed class JsonWebToken
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaxLength = 8192;

    private const int Parts = 3;

    // Each of them would change what the rest means: extensions that must be understood, payloads that are no JSON
    // object or not in base64url, tokens within tokens, encryption and compression.
    private static readonly string[] Refused = ["crit", "b64", "cty", "enc", "zip"];

    private static readonly string[] Types = ["JWT", "at+jwt", "application/at+jwt"];

    private JsonWebToken() { }

    /// <summary>The algorithm that the token claims to be signed with; <c>None</c> for one that we do not know.</summary>
    public TokenAlgorithms Algorithm { get; private init; }

    /// <summary>Which of the issuer's keys it claims to be signed with; null when it does not say.</summary>
    public string? KeyId { get; private init; }

    /// <summary>What the signature is over.</summary>
    public required byte[] SigningInput { get; init; }

    public required byte[] Signature { get; init; }

    /// <summary>The claims' bytes, to be believed only once the signature is known to be good.</summary>
    public required byte[] Payload { get; init; }

    /// <summary>When the token claims to have been made (<c>iat</c>); null when it does not say.</summary>
    public DateTimeOffset? ReadIssuedAt() =>
        StrictJson.TryReadObject(Payload, out var claims) && claims.TryReadTime("iat", out var issuedAt)
            ? issuedAt
            : null;

    /// <summary>Takes a token apart.</summary>
    /// <param name="flaw">What is wrong with it, in words that hold nothing of the token.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out JsonWebToken? token,
        [NotNullWhen(false)] out string? flaw
    )
    {
        token = null;
        if (text.Length > MaxLength)
        {
            flaw = $"it is longer than {MaxLength} characters";
            return false;
        }

        var parts = text.Split('.', Parts + 1);
        if (
            parts.Length != Parts
            || !StrictBase64Url.TryDecode(parts[0], out var headerBytes)
            || !StrictBase64Url.TryDecode(parts[1], out var payload)
            || !StrictBase64Url.TryDecode(parts[2], out var signature)
        )
        {
            flaw = "it is not three parts in base64url, joined by full stops";
            return false;
        }

        if (!StrictJson.TryReadObject(headerBytes, out var header))
        {
            flaw = "its header is not a JSON object in which no name occurs twice";
            return false;
        }

        flaw = FlawOf(header);
        if (flaw is not null)
        {
            return false;
        }

        token = new JsonWebToken
        {
            Algorithm = AlgorithmOf(header),
            KeyId = header.Text("kid"),
            SigningInput = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
            Signature = signature,
            Payload = payload,
        };
        return true;
    }

    private static string? FlawOf(JsonElement header)
    {
        if (Array.Find(Refused, name => header.TryGetProperty(name, out _)) is { } refused)
        {
            return $"its header has a '{refused}', which is not supported";
        }

        // A token that was made for another purpose is no proof of who connects (RFC 8725, section 3.11).
        if (
            header.TryGetProperty("typ", out _) && !Types.Contains(header.Text("typ"), StringComparer.OrdinalIgnoreCase)
        )
        {
            return "its 'typ' is not JWT";
        }

        return header.TryGetProperty("kid", out _) && header.Text("kid") is null ? "its 'kid' is no text" : null;
    }

    // Not Enum.Parse: it also reads numbers, lists and other cases.
    private static TokenAlgorithms AlgorithmOf(JsonElement header) =>
        header.Text("alg") switch
        {
            "HS256" => TokenAlgorithms.HS256,
            "RS256" => TokenAlgorithms.RS256,
            "ES256" => TokenAlgorithms.ES256,
            _ => TokenAlgorithms.None,
        };
}
