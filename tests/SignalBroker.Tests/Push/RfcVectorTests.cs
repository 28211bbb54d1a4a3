using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Push;

/// <summary>The examples that the RFCs print, to the byte.</summary>
public sealed class RfcVectorTests
{
    // RFC 8291, section 5 and appendix A.
    private const string Plaintext = "When I grow up, I want to be a watermelon";
    private const string SenderPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    private const string SenderPublic =
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    private const string ReceiverPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    private const string ReceiverPublic =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    private const string Secret = "BTBZMqHH6r4Tts7J_aSIgg";
    private const string Salt = "DGv6ra1nlYgDCS1FRnbzlw";
    private const string Body =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
        + "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    // RFC 8292, section 2.4.
    private const string TokenInput =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9."
        + "eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0";
    private const string Token =
        TokenInput + ".i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
    private const string TokenKey =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
    private const long TokenExpiry = 1_453_523_768;

    [Fact]
    public void RFC_8188_encrypts_the_walrus()
    {
        var body = EncryptedRecord.Encrypt(
            "I am the walrus"u8,
            Decode("yqdlZ-tYemfogSmv7Ws5PQ"),
            Decode("I1BsxtFttlv3u_Oo94xnmw"),
            keyId: []
        );

        Base64Url
            .EncodeToString(body)
            .ShouldBe("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
    }

    [Fact]
    public void RFC_8291_encrypts_the_watermelon()
    {
        using var once = KeyPair(SenderPrivate, SenderPublic);
        var keys = new SubscriberKeys(Decode(ReceiverPublic), Decode(Secret));

        var body = keys.Encrypt(Encoding.UTF8.GetBytes(Plaintext), once, Decode(Salt));

        Base64Url.EncodeToString(body).ShouldBe(Body);
    }

    [Fact]
    public void The_subscriber_of_the_tests_decrypts_the_watermelon()
    {
        using var subscriber = new Subscriber(
            new Uri("https://push.example.net"),
            KeyPair(ReceiverPrivate, ReceiverPublic),
            Decode(Secret)
        );

        Encoding.UTF8.GetString(subscriber.Decrypt(Decode(Body))).ShouldBe(Plaintext);
        var changed = Decode(Body);
        changed[^1] ^= 1;
        Should.Throw<CryptographicException>(() => subscriber.Decrypt(changed));
    }

    [Fact]
    public void RFC_8292_signs_what_we_sign()
    {
        using var key = VapidKey.Create();
        var tokens = new VapidTokens(
            key,
            Options.Create(new PushOptions { Subject = "mailto:push@example.com" }),
            new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TokenExpiry))
        );

        var token = tokens.Sign("https://push.example.net", DateTimeOffset.FromUnixTimeSeconds(TokenExpiry));

        token[..token.LastIndexOf('.')].ShouldBe(TokenInput);
        VapidVerifier.Verifies(token, key.PublicKey).ShouldBeTrue();
        VapidVerifier.Verifies(token, TokenKey).ShouldBeFalse();
    }

    [Fact]
    public void The_push_service_of_the_tests_knows_the_examples_signature_and_no_other()
    {
        VapidVerifier.Verifies(Token, TokenKey).ShouldBeTrue();
        VapidVerifier.Verifies(Token[..^4] + "AAAA", TokenKey).ShouldBeFalse();
        VapidVerifier
            .Verifies(Token.Replace("eyJhdWQi", "eyJhdWQj", StringComparison.Ordinal), TokenKey)
            .ShouldBeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3993)]
    public void Whatever_fits_comes_out_as_it_went_in(int length)
    {
        SubscriberKeys.MostBytes.ShouldBe(3993);
        using var subscriber = new Subscriber(new Uri("https://push.example.net"));
        var content = RandomNumberGenerator.GetBytes(length);
        var keys = new SubscriberKeys(subscriber.PublicKey, subscriber.Secret);

        var body = keys.Encrypt(content);

        body.Length.ShouldBeLessThanOrEqualTo(4096);
        subscriber.Decrypt(body).ShouldBe(content);
        keys.Encrypt(content).ShouldNotBe(body);
    }

    [Fact]
    public void What_is_too_large_for_one_record_is_refused()
    {
        using var subscriber = new Subscriber(new Uri("https://push.example.net"));
        var keys = new SubscriberKeys(subscriber.PublicKey, subscriber.Secret);

        Should.Throw<ArgumentException>(() => keys.Encrypt(new byte[3994]));
    }

    private static ECDiffieHellman KeyPair(string privateKey, string publicKey) =>
        ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                D = Decode(privateKey),
                Q = P256.ReadPoint(Decode(publicKey)),
            }
        );

    private static byte[] Decode(string text) => Base64Url.DecodeFromChars(text);
}
