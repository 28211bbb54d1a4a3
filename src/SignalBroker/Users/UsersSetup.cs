using Microsoft.IdentityModel.Tokens;
using SignalBroker.Compatibility;

namespace SignalBroker.Users;

/// <summary>Wires how users and backends prove who they are.</summary>
internal static class UsersSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds service keys and the verification of tokens.</summary>
        public void AddUsers()
        {
            var users = builder.AddSettings<UsersOptions>(UsersOptions.Section, "Keys", "KeySet", "ServiceKeys");
            var address = builder.AddSettings<KeySetOptions>(KeySetOptions.Section).Address;
            var keys = builder
                .ReadEntries<KeyOptions>(KeyOptions.Section)
                .ConvertAll(entry => entry.Value.Create(entry.Key));
            Check(users, address, keys, builder.Configuration);
            var serviceKeys = builder.ReadEntries<ServiceKeyOptions>(ServiceKeyOptions.Section);
            builder.Services.AddSingleton(new ConfiguredKeys(keys));
            builder.Services.AddSingleton(new ServiceKeys(serviceKeys.Select(entry => entry.Value)));
            builder.Services.AddSingleton<ServiceKeyProof>();
            builder.Services.AddSingleton<KeySet>();
            builder.Services.AddSingleton<TokenKeys>();
            builder.Services.AddSingleton<TokenVerifier>();
            builder.Services.AddSingleton<UserProof>();
            builder.Services.AddSingleton<UserStore>();
            builder.Services.AddSingleton<IUserData>(services => services.GetRequiredService<UserStore>());
            builder.Services.AddSingleton<Registry>();
            if (users.Tokens == TokenUse.Off && builder.Environment.IsProduction())
            {
                builder.WarnAtStart(
                    "Users:Tokens is Off: whoever can reach /connect may connect as any user. Set it to Required, or to Optional to allow anonymous users as well"
                );
            }
        }
    }

    private static void Check(UsersOptions users, Uri? address, List<SecurityKey> keys, IConfiguration configuration)
    {
        if (address is not null && !IsTrustworthy(address))
        {
            throw new InvalidSettingException(
                $"{KeySetOptions.Section}:Address: must begin with https://, or be an http:// address of this machine."
            );
        }

        if (keys.FindIndex(key => !users.Algorithms.HasFlag(SigningKey.AlgorithmOf(key))) is var idle and >= 0)
        {
            var algorithm = SigningKey.AlgorithmOf(keys[idle]);
            throw new InvalidSettingException(
                $"{KeyOptions.Section}: key {idle} is for {algorithm}, which Users:Algorithms does not allow."
            );
        }

        if (users.Tokens == TokenUse.Off)
        {
            return;
        }

        if (keys.Count == 0 && address is null)
        {
            throw new InvalidSettingException(
                $"Users:Tokens: is {users.Tokens}, so there must be a key in Users:Keys or an address in Users:KeySet."
            );
        }

        if (configuration.GetSection(CompatibilityOptions.Section).Get<CompatibilityOptions>()?.OriginalClient == true)
        {
            throw new InvalidSettingException(
                "Users:Tokens: must be Off with Compatibility:OriginalClient, whose pages send in anybody's name."
            );
        }
    }

    private static bool IsTrustworthy(Uri address) =>
        address.IsAbsoluteUri
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}
