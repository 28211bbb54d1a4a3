using System.Net;
using Microsoft.IdentityModel.Tokens;
using SignalBroker.Compatibility;
using SignalBroker.Hosting;
using SignalBroker.Identity;
using SignalBroker.Rooms;

namespace SignalBroker.Users;

/// <summary>Wires how users and backends prove who they are.</summary>
internal static class UsersSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the verifying of tokens and the service keys.</summary>
        public void AddUsers()
        {
            builder.AddSettings<UsersOptions>(UsersOptions.Section, "Keys", "KeySet", "ServiceKeys");
            builder.AddSettings<KeySetOptions>(KeySetOptions.Section);
            var keys = builder.ReadEntries<KeyOptions>(KeyOptions.Section).Select(KeyOptions.Read).ToList();
            var serviceKeys = builder
                .ReadEntries<ServiceKeyOptions>(ServiceKeyOptions.Section)
                .Select(ServiceKeyOptions.Read)
                .ToList();
            Check(builder.Configuration, keys);
            builder.Services.AddSingleton(new ConfiguredKeys(keys));
            builder.Services.AddSingleton(new ServiceKeys(serviceKeys));
            builder.Services.AddSingleton<KeySet>();
            builder.Services.AddSingleton<TokenKeys>();
            builder.Services.AddSingleton<TokenVerifier>();
            builder.Services.AddSingleton<UserProof>();
            builder.Services.AddSingleton<UserStore>();
            builder.Services.AddSingleton<Registry>();
            builder.Services.AddHostedService<UnprovenUsersWarning>();
        }
    }

    private static void Check(IConfiguration configuration, List<SecurityKey> keys)
    {
        var users = configuration.GetSection(UsersOptions.Section).Get<UsersOptions>() ?? new UsersOptions();
        var address = configuration.GetSection(KeySetOptions.Section).Get<KeySetOptions>()?.Address;
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
                $"{KeyOptions.Section}: key {idle} is one for {algorithm}, which Users:Algorithms does not allow."
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
        && (
            address.Scheme == Uri.UriSchemeHttps
            || (
                address.Scheme == Uri.UriSchemeHttp
                && IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)
                && IPAddress.IsLoopback(ip)
            )
            || (address.Scheme == Uri.UriSchemeHttp && address.Host == "localhost")
        );
}
