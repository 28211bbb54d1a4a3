using Microsoft.Extensions.Options;

namespace SignalBroker.Users;

/// <summary>What became of checking a signature.</summary>
public enum SignatureCheck
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
public sealed record ConfiguredKeys(IReadOnlyList<SigningKey> All);

/// <summary>All keys that tokens may be signed with: those of the configuration and those that the issuer publishes.</summary>
public sealed class TokenKeys(ConfiguredKeys configured, KeySet published, IOptions<UsersOptions> options)
{
    /// <summary>How long an <see cref="SignatureCheck.Undecided"/> stays one.</summary>
    public TimeSpan RetryAfter => published.RetryAfter;

    /// <summary>Checks a token's signature, asking the issuer for new keys where the known ones do not know it.</summary>
    public async ValueTask<SignatureCheck> CheckAsync(JsonWebToken token)
    {
        var known = Check(configured.All, token);
        if (known == SignatureCheck.Good || !published.IsUsed || !KeySetDocument.MayHoldKeysFor(token.Algorithm))
        {
            return known;
        }

        var keys = published.Current ?? await published.RenewAsync(old: null);
        if (keys is null)
        {
            return SignatureCheck.Undecided;
        }

        var found = Check(keys, token);
        if (found is SignatureCheck.NoSuchKey || (found is SignatureCheck.Wrong && token.KeyId is null))
        {
            // It may be signed with a key that the issuer has made since.
            if (await published.RenewAsync(keys) is { } newer)
            {
                found = Check(newer, token);
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
    private bool IsOlder(JsonWebToken token, DateTimeOffset? fetchedAt) =>
        token.ReadIssuedAt() + options.Value.ClockSkew < fetchedAt;

    private static SignatureCheck Check(IReadOnlyList<SigningKey> keys, JsonWebToken token)
    {
        var result = SignatureCheck.NoSuchKey;
        foreach (var key in keys)
        {
            if (key.Algorithm != token.Algorithm || (token.KeyId is { } wanted && key.Id is { } id && id != wanted))
            {
                continue;
            }

            if (key.Verifies(token.SigningInput, token.Signature))
            {
                return SignatureCheck.Good;
            }

            result = SignatureCheck.Wrong;
        }

        return result;
    }
}
