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

    /// <summary>The issuer's keys can't be fetched.</summary>
    KeysUnavailable,
}

/// <summary>The keys of the configuration.</summary>
/// <param name="All">All of them.</param>
public sealed record ConfiguredKeys(IReadOnlyList<SigningKey> All);

/// <summary>All keys that tokens may be signed with: those of the configuration and those that the issuer publishes.</summary>
public sealed class TokenKeys(ConfiguredKeys configured, KeySet published)
{
    /// <summary>Checks a token's signature, asking the issuer for new keys where the known ones do not know it.</summary>
    public async ValueTask<SignatureCheck> CheckAsync(JsonWebToken token)
    {
        var known = Check(configured.All, token);
        if (known == SignatureCheck.Good || !published.IsUsed)
        {
            return known;
        }

        var keys = published.Current ?? await published.RenewAsync(old: null);
        var found = keys is null ? SignatureCheck.KeysUnavailable : Check(keys, token);
        if (found is SignatureCheck.NoSuchKey || (found is SignatureCheck.Wrong && token.KeyId is null))
        {
            // It may be signed with a key that the issuer has made since.
            var newer = await published.RenewAsync(keys);
            found = newer is null || newer == keys ? found : Check(newer, token);
        }

        return found == SignatureCheck.NoSuchKey ? known : found;
    }

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
