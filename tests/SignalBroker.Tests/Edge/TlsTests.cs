using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

[Collection(nameof(HaproxyCollection))]
public sealed class HaproxyTlsTests(HaproxyServers edge) : TlsTests(edge);

[Collection(nameof(NginxCollection))]
public sealed class NginxTlsTests(NginxServers edge) : TlsTests(edge);

/// <summary>What the port speaks, and what leads to it.</summary>
public abstract class TlsTests(EdgeServers edge)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task HTTP_2_is_spoken_and_1_1_as_well(string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(edge.Api.Address, "/health/live"))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var answer = await edge.Api.StreamAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Version.ShouldBe(Version.Parse(version));
    }

    [Theory]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public async Task Old_TLS_is_refused(string version, bool isSpoken)
    {
        // Security level 0: else openssl itself would not speak it.
        string[] arguments =
        [
            "s_client",
            "-connect",
            edge.Api.Address.Authority,
            version,
            "-cipher",
            "ALL:@SECLEVEL=0",
        ];
        using var client = Process.Start(
            new ProcessStartInfo("openssl", arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        client.StandardInput.Close();
        var errors = client.StandardError.ReadToEndAsync(Token);
        var said = await client.StandardOutput.ReadToEndAsync(Token) + await errors;
        await client.WaitForExitAsync(Token);

        said.Contains("alert protocol version", StringComparison.Ordinal).ShouldBe(!isSpoken, said);
        said.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal).ShouldBe(isSpoken, said);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/listen")]
    [InlineData("/nodes/sb1/ws")]
    [InlineData("/admin")]
    public async Task Every_answer_has_browsers_stay_with_TLS(string path)
    {
        var answer = await edge.Api.GetAsync(path);

        answer.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=31536000"]);
    }

    [Fact]
    public async Task What_comes_without_TLS_is_led_to_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(edge.Edge.PlainAddress + "/?user=alice"));

        using var answer = await edge.Api.StreamAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        answer.Headers.Location.ShouldBe(new Uri(edge.Api.Address, "/?user=alice"));
    }

    [Fact]
    public async Task Who_renews_the_certificate_is_asked_without_TLS()
    {
        using var renewal = new TcpListener(IPAddress.Loopback, edge.Edge.ChallengePort);
        renewal.Start();
        const string path = "/.well-known/acme-challenge/token";
        var asking = new Api(edge.Edge.PlainAddress).GetAsync(path);

        using var asked = await renewal.AcceptTcpClientAsync(Token);
        using var reader = new StreamReader(asked.GetStream());
        var line = await reader.ReadLineAsync(Token);
        await asked
            .GetStream()
            .WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nkey"), Token);

        line.ShouldStartWith($"GET {path} ");
        (await asking).Body.ShouldBe("key");
    }

    [Theory]
    [InlineData("/admin/nodes")]
    [InlineData("/Admin/nodes")]
    [InlineData("/%61dmin/nodes")]
    [InlineData("//admin/nodes")]
    [InlineData("/metrics")]
    [InlineData("/broker-access/sb1/user")]
    public async Task The_internal_ports_paths_are_nowhere(string path)
    {
        var answer = await RawAsync(path);

        answer.ShouldStartWith("HTTP/1.1 404 ");
    }

    // As it is written: a Uri would change it.
    private async Task<string> RawAsync(string path)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(edge.Api.Address.Host, edge.Api.Address.Port, Token);
        await using var tls = new System.Net.Security.SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(
            new()
            {
                TargetHost = edge.Api.Address.Host,
                CertificateChainPolicy = LocalCluster.TrustedAuthority.AsOnlyTrust(edge.Edge.Authority),
            },
            Token
        );
        await tls.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: {edge.Api.Address.Authority}\r\nConnection: close\r\n\r\n"
            ),
            Token
        );
        using var reader = new StreamReader(tls);
        return await reader.ReadToEndAsync(Token);
    }
}
