using System.Text.Json;

namespace SignalBroker.Users;

/// <summary>What a token proves.</summary>
internal abstract record TokenVerdict
{
    public sealed record Proves(string UserId) : TokenVerdict;

    /// <summary>It proves nothing.</summary>
    /// <param name="Flaw">Why, without any part of the token.</param>
    /// <param name="Forged">Whether it seems to be forged.</param>
    public sealed record Refused(string Flaw, bool Forged = false) : TokenVerdict;

    public sealed record Expired : TokenVerdict;

    /// <summary>The issuer's keys, or its newest ones, are not known at the moment.</summary>
    /// <param name="RetryAfter">How long until they may be.</param>
    public sealed record Undecided(TimeSpan RetryAfter) : TokenVerdict;
}

/// <summary>Checks whether a token is signed with a known key, meant for this server and valid now.</summary>
internal sealed class TokenVerifier(TokenKeys keys, IOptions<UsersOptions> options, TimeProvider clock)
{
    private readonly UsersOptions settings = options.Value;

    // Not Enum.Parse of what the token says: that also accepts numbers, lists and other cases.
    private readonly string[] allowed =
    [
        .. Enum.GetValues<TokenAlgorithms>()
            .Where(algorithm => algorithm != TokenAlgorithms.None && options.Value.Algorithms.HasFlag(algorithm))
            .Select(algorithm => algorithm.ToString()),
    ];

    public async ValueTask<TokenVerdict> VerifyAsync(string text)
    {
        if (!StrictToken.TryRead(text, out var token, out var flaw))
        {
            return new TokenVerdict.Refused(flaw);
        }

        if (!allowed.Contains(token.Algorithm))
        {
            return new TokenVerdict.Refused("its 'alg' is not allowed");
        }

        return await keys.CheckAsync(token) switch
        {
            SignatureCheck.Good => Judge(token.Claims),
            SignatureCheck.Wrong => new TokenVerdict.Refused("its signature is wrong", Forged: true),
            SignatureCheck.NoSuchKey => new TokenVerdict.Refused("there is no key for its 'alg' and 'kid'"),
            _ => new TokenVerdict.Undecided(keys.RetryAfter),
        };
    }

    // The library would accept a token at the very second of its 'exp', by a clock of its own, and without a configured
    // audience one for somebody else.
    private TokenVerdict Judge(JsonElement claims)
    {
        if (!claims.TryReadTime("exp", out var expires) || !claims.TryReadTime("nbf", out var begins))
        {
            return Refuse("a time in it is not a number of seconds since 1970");
        }

        if (expires is null)
        {
            return Refuse("it has no 'exp'");
        }

        var now = clock.GetUtcNow();
        if (expires + settings.ClockSkew <= now)
        {
            return new TokenVerdict.Expired();
        }

        if (begins - settings.ClockSkew > now)
        {
            return Refuse("it is not valid yet");
        }

        if (settings.Issuer is { } issuer && claims.Text("iss") != issuer)
        {
            return Refuse("its 'iss' is another one");
        }

        if (!IsForUs(claims))
        {
            return Refuse("its 'aud' does not name this server");
        }

        return claims.Text(settings.UserIdClaim) is { } subject && UserId.Read(subject) is { } userId
            ? new TokenVerdict.Proves(userId)
            : Refuse($"its '{settings.UserIdClaim}' must be the user id and have {UserId.Rule}");
    }

    // RFC 7519, section 4.1.3: a token for somebody must not be accepted by anybody else.
    private bool IsForUs(JsonElement claims)
    {
        if (!claims.TryGetProperty("aud", out var audience))
        {
            return settings.Audience is null;
        }

        return settings.Audience is { } ours
            && (
                audience.ValueKind == JsonValueKind.Array
                    ? audience.EnumerateArray().Any(one => StrictJson.TextOf(one) == ours)
                    : StrictJson.TextOf(audience) == ours
            );
    }

    private static TokenVerdict.Refused Refuse(string flaw) => new(flaw);
}
