using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SignalBroker.Users;

/// <summary>What became of checking a signature.</summary>
internal enum SignatureCheck
{
    /// <summary>A known key has made it.</summary>
    Good,

    /// <summary>None of the keys that may have made it has.</summary>
    Wrong,

    /// <summary>No known key may have made it.</summary>
    NoSuchKey,

    /// <summary>Keys that nobody has fetched yet may tell.</summary>
    Undecided,
}

/// <summary>The keys of the configuration.</summary>
internal sealed record ConfiguredKeys(IReadOnlyList<SecurityKey> All);

/// <summary>All keys that tokens may be signed with: those of the configuration and those that the issuer publishes.</summary>
internal sealed class TokenKeys(ConfiguredKeys configured, KeySet published, IOptions<UsersOptions> options)
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = StrictToken.MaxLength };

    /// <summary>How long an <see cref="SignatureCheck.Undecided"/> stays one.</summary>
    public TimeSpan RetryAfter => published.RetryAfter;

    /// <summary>Checks a token's signature, asking the issuer for new keys where the known ones do not know it.</summary>
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
            // It may be signed with a key that the issuer has made since.
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

    // Its key was there when the keys were fetched, or was withdrawn before: no fetch would find it. A forger may say any
    // time, but gains nothing: the token is not believed either way.
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
