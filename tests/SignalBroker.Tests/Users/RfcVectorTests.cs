using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Identity;
using SignalBroker.Tests.Harness;
using SignalBroker.Users;

namespace SignalBroker.Tests.Users;

/// <summary>The examples of RFC 7515 (appendix A) and RFC 7519. None of them has a <c>sub</c>, and all expired in 2011.</summary>
public sealed class RfcVectorTests
{
    private const string Claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    // RFC 7515, A.1, which is also the example of RFC 7519, section 3.1.
    private const string Hs256 =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + Claims + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private const string Secret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

    // RFC 7515, A.2.
    private const string Rs256 =
        "eyJhbGciOiJSUzI1NiJ9."
        + Claims
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
        + "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOL"
        + "n6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
        + "p0igcN_IoypGlUPQGe77Rw";

    private const string Modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
        + "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
        + "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD"
        + "TW9gb54h4FRWyuXpoQ";

    // RFC 7515, A.3.
    private const string Es256 =
        "eyJhbGciOiJFUzI1NiJ9."
        + Claims
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    // RFC 7519, section 6.1.
    private const string Unsecured = "eyJhbGciOiJub25lIn0." + Claims + ".";

    private static readonly DateTimeOffset Expiry = DateTimeOffset.FromUnixTimeSeconds(1_300_819_380);

    public static TheoryData<string> Examples => [Hs256, Rs256, Es256];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task The_examples_signature_is_good_while_they_lack_a_sub(string token)
    {
        var verdict = await VerifierAt(Expiry.AddSeconds(-1)).VerifyAsync(token);

        verdict.ShouldBeOfType<TokenVerdict.Refused>().Flaw.ShouldStartWith("its 'sub'");
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task The_examples_have_expired(string token)
    {
        (await VerifierAt(Expiry).VerifyAsync(token)).ShouldBeOfType<TokenVerdict.Expired>();
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task No_bit_of_an_example_may_change(string token)
    {
        var verifier = VerifierAt(Expiry.AddSeconds(-1));
        for (var place = 0; place < token.Length; place++)
        {
            foreach (var bit in new[] { 1, 2, 4, 8, 16, 32 })
            {
                var changed = token.ToCharArray();
                changed[place] = (char)(changed[place] ^ bit);

                var verdict = await verifier.VerifyAsync(new string(changed));

                verdict
                    .ShouldBeOfType<TokenVerdict.Refused>()
                    .Flaw.ShouldNotStartWith("its 'sub'", customMessage: $"{place}, {bit}");
            }
        }
    }

    [Fact]
    public async Task An_unsecured_token_is_refused()
    {
        (await VerifierAt(Expiry.AddSeconds(-1)).VerifyAsync(Unsecured)).ShouldBe(
            new TokenVerdict.Refused("its 'alg' is not allowed")
        );
    }

    private static TokenVerifier VerifierAt(DateTimeOffset now) =>
        Verifiers.Of(
            new FakeTimeProvider(now),
            new UsersOptions { Issuer = "joe", ClockSkew = TimeSpan.Zero },
            SigningKey.OfSecret(id: null, Decode(Secret)),
            SigningKey.OfRsa(id: null, new RSAParameters { Modulus = Decode(Modulus), Exponent = Decode("AQAB") }),
            SigningKey.OfPoint(id: null, new ECPoint { X = Decode(X), Y = Decode(Y) })
        );

    private static byte[] Decode(string text) =>
        StrictBase64Url.TryDecode(text, out var bytes) ? bytes : throw new FormatException(text);
}
