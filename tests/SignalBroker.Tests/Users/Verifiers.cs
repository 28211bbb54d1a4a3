using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using SignalBroker.Users;

namespace SignalBroker.Tests.Users;

/// <summary>Makes token verifiers without a webapp around them.</summary>
internal static class Verifiers
{
    /// <summary>One that knows these keys and no key set.</summary>
    public static TokenVerifier Of(TimeProvider clock, UsersOptions options, params IReadOnlyList<SecurityKey> keys) =>
        new(
            new TokenKeys(new ConfiguredKeys(keys), KeySetOf(clock, new KeySetOptions()), Options.Create(options)),
            Options.Create(options),
            clock
        );

    /// <summary>One that knows a key set and these keys.</summary>
    public static TokenVerifier Of(
        TimeProvider clock,
        UsersOptions options,
        KeySet published,
        params IReadOnlyList<SecurityKey> keys
    ) =>
        new(
            new TokenKeys(new ConfiguredKeys(keys), published, Options.Create(options)),
            Options.Create(options),
            clock
        );

    public static KeySet KeySetOf(TimeProvider clock, KeySetOptions options) =>
        new(Options.Create(options), clock, NullLogger<KeySet>.Instance);
}
