using System.Security.Cryptography;
using Lib.Net.Http.WebPush.Authentication;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Push;

/// <summary>The forms of the operator's key, and the tokens that are made with it.</summary>
public sealed class VapidKeyTests
{
    [Fact]
    public void A_key_is_the_same_in_every_form()
    {
        var key = VapidKey.Create();
        using var curve = ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                D = System.Buffers.Text.Base64Url.DecodeFromChars(key.PrivateKey),
            }
        );

        string[] forms =
        [
            key.PrivateKey,
            key.PrivateKey + "\n",
            curve.ExportECPrivateKeyPem(),
            curve.ExportPkcs8PrivateKeyPem(),
        ];
        foreach (var form in forms)
        {
            var read = VapidKey.Read(form);
            (read.PrivateKey, read.PublicKey).ShouldBe((key.PrivateKey, key.PublicKey));
        }
    }

    [Fact]
    public void Anything_but_a_private_key_on_P256_is_refused()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        using var rsa = RSA.Create(2048);

        string[] forms =
        [
            "",
            "secret",
            new string('A', 43),
            new string('A', 44),
            curve.ExportSubjectPublicKeyInfoPem(),
            other.ExportPkcs8PrivateKeyPem(),
            brainpool.ExportPkcs8PrivateKeyPem(),
            rsa.ExportPkcs8PrivateKeyPem(),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ];
        foreach (var form in forms)
        {
            Should.Throw<CryptographicException>(() => VapidKey.Read(form), form);
        }
    }

    [Fact]
    public void A_token_serves_many_pushes_to_one_origin_and_is_made_anew_in_time()
    {
        var key = VapidKey.Create();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var authentication = new VapidAuthentication(key.PublicKey, key.PrivateKey)
        {
            Subject = PushCluster.Subject,
            TokenCache = new VapidTokens(clock),
        };

        var first = HeaderFor("https://a.example");
        HeaderFor("https://a.example").ShouldBe(first);
        HeaderFor("https://b.example").ShouldNotBe(first);
        VapidVerifier.FindFlaw(first, key.PublicKey, "https://a.example", clock.GetUtcNow()).ShouldBeNull();
        clock.Advance(TimeSpan.FromHours(7));

        var second = HeaderFor("https://a.example");
        second.ShouldNotBe(first);
        VapidVerifier.FindFlaw(second, key.PublicKey, "https://a.example", clock.GetUtcNow()).ShouldBeNull();

        string HeaderFor(string origin) =>
            $"vapid {authentication.GetVapidSchemeAuthenticationHeaderValueParameter(origin)}";
    }
}
