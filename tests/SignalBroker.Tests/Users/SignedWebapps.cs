using System.Security.Cryptography;
using System.Text;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Users;

/// <summary>A webapp that wants a token of everybody, and one that lets anonymous users in as well.</summary>
public sealed class SignedWebapps(TestCluster cluster) : IAsyncLifetime
{
    public const string Application = "shop.backend";
    public const int RequestsPerSecond = 20;

    public Issuer Issuer { get; } = new();

    /// <summary>The backend's key, of which the webapps know the hash alone.</summary>
    public string ServiceKey { get; } = RandomNumberGenerator.GetHexString(64);

    public Webapp Required { get; private set; } = null!;

    public Webapp Optional { get; private set; } = null!;

    public Api RequiredApi => new(Required.PublicAddress);

    public Api OptionalApi => new(Optional.PublicAddress);

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string>
        {
            ["Users:Issuer"] = Issuer.Name,
            ["Users:Audience"] = Issuer.Audience,
            ["Users:Keys:0:Id"] = "secret",
            ["Users:Keys:0:SecretBase64Url"] = Issuer.Encode(Issuer.Secret),
            ["Users:Keys:1:Pem"] = Issuer.Rsa.ExportSubjectPublicKeyInfoPem(),
            ["Users:Keys:2:Pem"] = Issuer.Curve.ExportSubjectPublicKeyInfoPem(),
            ["Users:ServiceKeys:0:Name"] = Application,
            ["Users:ServiceKeys:0:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ServiceKey))),
            ["Sessions:MaxPerAddress"] = "3",
            ["RateLimits:RequestsPerSecondOfAddress"] = "200",
            ["RateLimits:RequestsPerSecondOfServiceKey"] = $"{RequestsPerSecond}",
        };
        Required = await cluster.Servers.AddWebappAsync(settings.Append(new("Users:Tokens", "Required")));
        Optional = await cluster.Servers.AddWebappAsync(
            settings.Append(new("Users:Tokens", "Optional")).Append(new("Sessions:MaxPerAddress", "0"))
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Required.StopAsync();
        await Optional.StopAsync();
        Issuer.Dispose();
    }
}
