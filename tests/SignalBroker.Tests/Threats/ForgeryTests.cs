using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Users;
using SignalBroker.Users;

namespace SignalBroker.Tests.Threats;

/// <summary>What forgers try. Each forgery stands beside a token that differs in it alone, and that one is good.</summary>
public sealed class ForgeryTests : IDisposable
{
    private static readonly string[] Algorithms = ["HS256", "RS256", "ES256"];

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly Issuer issuer = new();
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));

    public static TheoryData<string> EachAlgorithm => [.. Algorithms];

    private string Claims => Issuer.ClaimsOf("alice", clock.GetUtcNow());

    public void Dispose() => issuer.Dispose();

    [Theory]
    [MemberData(nameof(EachAlgorithm))]
    public async Task A_signed_token_proves_its_user(string algorithm)
    {
        await IsGoodAsync(issuer.Sign(algorithm, Claims));
        await IsGoodAsync(issuer.Sign(algorithm, $$"""{"alg":"{{algorithm}}"}""", Claims));
        await IsGoodAsync(
            issuer.Sign(algorithm, $$"""{"alg":"{{algorithm}}","typ":"at+jwt","kid":"{{KeyOf(algorithm)}}"}""", Claims)
        );
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    [InlineData("")]
    [InlineData("hs256")]
    [InlineData("HS256 ")]
    [InlineData("HS256,RS256")]
    [InlineData("1")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("RS1")]
    [InlineData("PS256")]
    [InlineData("ES256K")]
    [InlineData("EdDSA")]
    [InlineData("RSA-OAEP")]
    [InlineData("dir")]
    public async Task Other_algorithms_are_refused_however_they_are_signed(string algorithm)
    {
        var header = $$"""{"alg":"{{algorithm}}","typ":"JWT"}""";
        foreach (var really in Algorithms)
        {
            await IsRefusedAsync(issuer.Sign(really, header, Claims));
        }

        await IsRefusedAsync($"{Issuer.Encode(header)}.{Issuer.Encode(Claims)}.");
        await IsRefusedAsync($"{Issuer.Encode(header)}.{Issuer.Encode(Claims)}");
    }

    [Theory]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"alg":1}""")]
    [InlineData("""{"alg":["HS256"]}""")]
    [InlineData("""{"alg":"HS256","alg":"none"}""")]
    [InlineData("""{"alg":"none","alg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","\u0061lg":"HS256"}""")]
    [InlineData("""{"alg":"HS256","crit":[]}""")]
    [InlineData("""{"alg":"HS256","crit":["exp"],"exp":1}""")]
    [InlineData("""{"alg":"HS256","crit":["b64"],"b64":false}""")]
    [InlineData("""{"alg":"HS256","b64":true}""")]
    [InlineData("""{"alg":"HS256","cty":"JWT"}""")]
    [InlineData("""{"alg":"HS256","zip":"DEF"}""")]
    [InlineData("""{"alg":"HS256","enc":"A256GCM"}""")]
    [InlineData("""{"alg":"HS256","typ":"logout+jwt"}""")]
    [InlineData("""{"alg":"HS256","typ":7}""")]
    [InlineData("""{"alg":"HS256","kid":7}""")]
    [InlineData("""{"alg":"HS256","kid":null}""")]
    [InlineData("""{"alg":"HS256","kid":"\ud800"}""")]
    [InlineData("""{"alg":"HS256","kid":"other"}""")]
    [InlineData("""{"alg":"HS256","kid":"rsa"}""")]
    [InlineData("""{"alg":"HS256","kid":"../../../../dev/null"}""")]
    [InlineData("""{"alg":"HS256","kid":"' UNION SELECT 'key"}""")]
    [InlineData("""{"alg":"HS256","kid":""}""")]
    [InlineData("""["alg","HS256"]""")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("""{"alg":"HS256"} """ + "{}")]
    [InlineData("""{"alg":"HS256",}""")]
    [InlineData("""{"alg":"HS256"/**/}""")]
    public async Task Headers_that_are_not_as_they_should_be_are_refused(string header)
    {
        await IsGoodAsync(issuer.Sign("HS256", """{"alg":"HS256"}""", Claims));

        await IsRefusedAsync(issuer.Sign("HS256", header, Claims));
    }

    [Fact]
    public async Task A_public_key_is_no_secret()
    {
        // RS256 to HS256: the forger signs with what everybody can know.
        byte[][] secrets =
        [
            Encoding.UTF8.GetBytes(issuer.Rsa.ExportSubjectPublicKeyInfoPem()),
            Encoding.UTF8.GetBytes(issuer.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            Encoding.UTF8.GetBytes(issuer.Rsa.ExportRSAPublicKeyPem()),
            Encoding.UTF8.GetBytes(issuer.Curve.ExportSubjectPublicKeyInfoPem()),
            issuer.Rsa.ExportSubjectPublicKeyInfo(),
            issuer.Rsa.ExportParameters(includePrivateParameters: false).Modulus!,
            issuer.Curve.ExportSubjectPublicKeyInfo(),
            [],
            new byte[32],
        ];
        foreach (var id in new[] { "", ",\"kid\":\"rsa\"", ",\"kid\":\"curve\"", ",\"kid\":\"secret\"" })
        {
            var signingInput = $"{Issuer.Encode($$"""{"alg":"HS256"{{id}}}""")}.{Issuer.Encode(Claims)}";
            foreach (var secret in secrets)
            {
                await IsRefusedAsync($"{signingInput}.{Issuer.Encode(Issuer.Hmac(secret, signingInput))}");
            }
        }
    }

    [Fact]
    public async Task A_key_signs_with_the_algorithm_of_its_kind_alone()
    {
        foreach (var claimed in Algorithms)
        {
            foreach (var really in Algorithms.Where(other => other != claimed))
            {
                await IsRefusedAsync(issuer.Sign(really, $$"""{"alg":"{{claimed}}"}""", Claims));
                await IsRefusedAsync(
                    issuer.Sign(really, $$"""{"alg":"{{claimed}}","kid":"{{KeyOf(really)}}"}""", Claims)
                );
            }
        }
    }

    [Fact]
    public async Task An_algorithm_that_is_not_allowed_is_refused_although_there_is_a_key()
    {
        var verifier = Verifiers.Of(clock, Options(TokenAlgorithms.ES256), issuer.Keys);

        (await verifier.VerifyAsync(issuer.Sign("ES256", Claims))).ShouldBeOfType<TokenVerdict.Proves>();
        (await verifier.VerifyAsync(issuer.Sign("HS256", Claims))).ShouldBeOfType<TokenVerdict.Refused>();
        (await verifier.VerifyAsync(issuer.Sign("RS256", Claims))).ShouldBeOfType<TokenVerdict.Refused>();
    }

    [Fact]
    public async Task A_key_that_the_token_brings_along_is_not_used()
    {
        using var forger = new Issuer();
        foreach (
            var own in new[]
            {
                $"\"jwk\":{forger.RsaEntry("rsa")}",
                "\"jku\":\"http://127.0.0.1:1/keys\"",
                "\"x5u\":\"http://127.0.0.1:1/cert\"",
            }
        )
        {
            await IsRefusedAsync(forger.Sign("RS256", $$"""{"alg":"RS256",{{own}}}""", Claims));
            await IsRefusedAsync(forger.Sign("RS256", $$"""{"alg":"RS256","kid":"rsa",{{own}}}""", Claims));
        }
    }

    [Theory]
    [MemberData(nameof(EachAlgorithm))]
    public async Task Signatures_of_other_forms_are_refused(string algorithm)
    {
        var good = issuer.Sign(algorithm, Claims);
        var signingInput = good[..good.LastIndexOf('.')];
        var signature = issuer.SignatureOf(algorithm, signingInput);
        byte[][] others =
        [
            [],
            [0],
            signature[..^1],
            signature[1..],
            [.. signature, 0],
            [0, .. signature],
            [.. signature, .. signature],
            new byte[signature.Length],
            [.. Enumerable.Repeat((byte)0xFF, signature.Length)],
            RandomNumberGenerator.GetBytes(signature.Length),
        ];

        await IsGoodAsync(good);
        foreach (var other in others)
        {
            await IsRefusedAsync($"{signingInput}.{Issuer.Encode(other)}");
        }
    }

    [Fact]
    public async Task An_ES256_signature_in_DER_or_with_a_zero_in_it_is_refused()
    {
        var signingInput = $"{Issuer.Encode("""{"alg":"ES256"}""")}.{Issuer.Encode(Claims)}";
        var bytes = Encoding.ASCII.GetBytes(signingInput);
        var der = issuer.Curve.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var good = issuer.SignatureOf("ES256", signingInput);

        await IsGoodAsync($"{signingInput}.{Issuer.Encode(good)}");
        await IsRefusedAsync($"{signingInput}.{Issuer.Encode(der)}");
        await IsRefusedAsync($"{signingInput}.{Issuer.Encode([.. good[..32], .. new byte[32]])}");
        await IsRefusedAsync($"{signingInput}.{Issuer.Encode([.. new byte[32], .. good[32..]])}");
    }

    [Theory]
    [MemberData(nameof(EachAlgorithm))]
    public async Task Texts_that_are_not_strictly_a_token_are_refused(string algorithm)
    {
        var good = issuer.Sign(algorithm, Claims);
        var parts = good.Split('.');
        string[] others =
        [
            "",
            ".",
            "..",
            "...",
            good[..^1],
            good[..(good.Length / 2)],
            good[1..],
            good + ".",
            "." + good,
            good + "=",
            good + " ",
            " " + good,
            good + "\n",
            good.Replace('.', ' '),
            $"{parts[0]}.{parts[1]}",
            $"{parts[0]}.{parts[1]}.",
            $".{parts[1]}.{parts[2]}",
            $"{parts[0]}..{parts[2]}",
            $"{parts[0]}.{parts[1]}.{parts[2]}.{parts[2]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.{Convert.ToBase64String(issuer.SignatureOf(algorithm, $"{parts[0]}.{parts[1]}"))}=",
            $"{parts[0]}.{parts[1]}\r\n.{parts[2]}",
            good.Replace(parts[0], parts[0] + "é"),
        ];

        await IsGoodAsync(good);
        foreach (var other in others)
        {
            await IsRefusedAsync(other);
        }
    }

    [Theory]
    [MemberData(nameof(EachAlgorithm))]
    public async Task A_token_has_one_form_alone(string algorithm)
    {
        var good = issuer.Sign(algorithm, Claims);

        // Of the last character of each part some bits are not used.
        foreach (var end in new[] { good.IndexOf('.') - 1, good.LastIndexOf('.') - 1, good.Length - 1 })
        {
            foreach (var other in Alphabet.Where(other => other != good[end]))
            {
                await IsRefusedAsync($"{good[..end]}{other}{good[(end + 1)..]}");
            }
        }
    }

    [Fact]
    public async Task A_huge_token_is_refused_before_it_is_looked_at()
    {
        var room = Issuer.ClaimsOf("alice", clock.GetUtcNow(), $",\"x\":\"{new string('x', 5_000)}\"");
        var huge = Issuer.ClaimsOf("alice", clock.GetUtcNow(), $",\"x\":\"{new string('x', 9_000)}\"");

        await IsGoodAsync(issuer.Sign("HS256", room));
        (await VerifyAsync(issuer.Sign("HS256", huge))).ShouldBe(
            new TokenVerdict.Refused("it is longer than 8192 characters")
        );
        await IsRefusedAsync(new string('.', 1_000_000));
        await IsRefusedAsync(issuer.Sign("HS256", new string('[', 5_000)));
    }

    private static string KeyOf(string algorithm) =>
        algorithm switch
        {
            "HS256" => "secret",
            "RS256" => "rsa",
            _ => "curve",
        };

    private static UsersOptions Options(TokenAlgorithms algorithms = (TokenAlgorithms)7) =>
        new()
        {
            Issuer = Issuer.Name,
            Audience = Issuer.Audience,
            Algorithms = algorithms,
        };

    private async Task IsGoodAsync(string token) =>
        (await VerifyAsync(token)).ShouldBe(new TokenVerdict.Proves("alice"), token);

    private async Task IsRefusedAsync(string token) =>
        (await VerifyAsync(token)).ShouldBeOfType<TokenVerdict.Refused>(token);

    private async Task<TokenVerdict> VerifyAsync(string token) =>
        await Verifiers.Of(clock, Options(), issuer.Keys).VerifyAsync(token);
}
