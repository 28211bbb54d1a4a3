using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>The result of checking a signature.</summary>
internal enum SignatureCheck
{
    /// <summary>It was made with a known key.</summary>
    Good,

    /// <summary>It was not made with any of the keys that it may have been made with.</summary>
    Wrong,

    /// <summary>There is no known key that it may have been made with.</summary>
    NoSuchKey,

    /// <summary>Keys that have not been fetched yet may decide.</summary>
    Undecided,
}

/// <summary>The keys in the configuration.</summary>
internal sealed record ConfiguredKeys(IReadOnlyList<SecurityKey> All);

/// <summary>All keys that tokens may be signed with: the configured ones and the issuer's published ones.</summary>
internal sealed class TokenKeys(ConfiguredKeys configured, KeySet published, IOptions<UsersOptions> options)
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = StrictToken.MaxLength };

    /// <summary>How long a check stays <see cref="SignatureCheck.Undecided"/>.</summary>
    public TimeSpan RetryAfter => published.RetryAfter;

    /// <summary>Checks a token's signature; if no known key fits, with new keys from the issuer.</summary>
    public async ValueTask<SignatureCheck> CheckAsync(StrictToken token)
    {
        var known = await CheckAsync(configured.All, token);
        if (known == SignatureCheck.Good || !published.MayHoldKeysFor(token.Algorithm))
        {
            return known;
        }

        var keys = published.Current ?? await published.RenewAsync(old: null);
        if (keys is null)
        {
            return SignatureCheck.Undecided;
        }

        var found = await CheckAsync(keys, token);
        if (found is SignatureCheck.NoSuchKey || (found is SignatureCheck.Wrong && token.KeyId is null))
        {
            // It may be signed with a newer key.
            if (await published.RenewAsync(keys) is { } newer)
            {
                found = await CheckAsync(newer, token);
            }
            else if (!IsOlder(token, published.FetchedAt))
            {
                return SignatureCheck.Undecided;
            }
        }

        return found == SignatureCheck.NoSuchKey ? known : found;
    }

    // Its key existed when the keys were fetched, or had been withdrawn: a new fetch would not find it. A forger can
    // claim any time but gains nothing: the token is not accepted either way.
    private bool IsOlder(StrictToken token, DateTimeOffset? fetchedAt) =>
        token.Claims.TryReadTime("iat", out var issuedAt) && issuedAt + options.Value.ClockSkew < fetchedAt;

    private static async ValueTask<SignatureCheck> CheckAsync(IReadOnlyList<SecurityKey> keys, StrictToken token)
    {
        List<SecurityKey> fitting = [.. keys.Where(key => Fits(key, token))];
        if (fitting.Count == 0)
        {
            return SignatureCheck.NoSuchKey;
        }

        var result = await Handler.ValidateTokenAsync(
            token.Token,
            new TokenValidationParameters
            {
                IssuerSigningKeys = fitting,
                ValidAlgorithms = [token.Algorithm],
                ValidateIssuer = false,
                ValidateAudience = false,
                ValidateLifetime = false,
            }
        );
        return result.IsValid ? SignatureCheck.Good : SignatureCheck.Wrong;
    }

    private static bool Fits(SecurityKey key, StrictToken token) =>
        key.IsSupportedAlgorithm(token.Algorithm)
        && (token.KeyId is null || key.KeyId is null || key.KeyId == token.KeyId);
}
