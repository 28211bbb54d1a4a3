using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Push;

/// <summary>What checks pushes in the tests knows the examples that the RFCs print, to the byte.</summary>
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
    public void The_push_service_of_the_tests_knows_the_examples_signature_and_no_other()
    {
        VapidVerifier.Verifies(Token, TokenKey).ShouldBeTrue();
        VapidVerifier.Verifies(Token[..^4] + "AAAA", TokenKey).ShouldBeFalse();
        VapidVerifier
            .Verifies(Token.Replace("eyJhdWQi", "eyJhdWQj", StringComparison.Ordinal), TokenKey)
            .ShouldBeFalse();
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
