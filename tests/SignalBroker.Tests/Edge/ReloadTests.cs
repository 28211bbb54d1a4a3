using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Edge;

[Collection(nameof(HaproxyCollection))]
public sealed class HaproxyReloadTests(HaproxyServers edge) : ReloadTests(edge)
{
    [Fact]
    public Task A_renewed_certificate_is_taken_without_a_reload() => RenewAsync(CommandAsync);

    // `set ssl cert` and `commit ssl cert`, as socat would send them.
    private async Task CommandAsync()
    {
        var pem =
            await File.ReadAllTextAsync(Edge.Edge.Certificate, Token)
            + await File.ReadAllTextAsync(Edge.Edge.Certificate + ".key", Token);
        (await SayAsync($"set ssl cert {Edge.Edge.Certificate} <<\n{pem}\n\n")).ShouldContain("Transaction");
        (await SayAsync($"commit ssl cert {Edge.Edge.Certificate}\n")).ShouldContain("Success");
    }

    private async Task<string> SayAsync(string command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Edge.Edge.AdminSocket), Token);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command), Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }
}

[Collection(nameof(NginxCollection))]
public sealed class NginxReloadTests(NginxServers edge) : ReloadTests(edge);

/// <summary>Certificates, configuration and webapps change while people listen.</summary>
public abstract class ReloadTests(EdgeServers edge)
{
    private protected EdgeServers Edge => edge;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_reload_closes_nothing_and_brings_the_renewed_certificate() =>
        RenewAsync(() => edge.Edge.ReloadAsync(Token));

    [Fact]
    public async Task While_a_webapp_is_replaced_no_request_fails()
    {
        await using var listener = await Listener.StartStompAsync(await edge.Api.ConnectAsync(), edge.Api.Through);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sending = SendAsync();

        await edge.Servers.Webapps[0].RestartAsync(Token);
        await edge.Servers.AllNodesReadyAsync();

        await ending.CancelAsync();
        var sent = await sending;
        for (var number = 0; number < sent; number++)
        {
            (await listener.ReceiveAsync()).GetProperty("content").GetInt32().ShouldBe(number);
        }

        async Task<int> SendAsync()
        {
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            var count = 0;
            while (!ending.IsCancellationRequested)
            {
                var answer = await edge.Api.ExchangeAsync(
                    listener.Session,
                    new { toSession = listener.Key, content = count }
                );
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                answer.OutcomeOrCode.ShouldBe("queued");
                count++;
                await beat.WaitForNextTickAsync(Token);
            }

            return count;
        }
    }

    private protected async Task RenewAsync(Func<Task> take)
    {
        await using var socket = await Listener.StartStompAsync(await edge.Api.ConnectAsync(), edge.Api.Through);
        await using var stream = await StreamListener.StartAsync(edge.Api);
        var before = await PresentedAsync();

        edge.Edge.RenewCertificate();
        await take();

        var renewed = X509CertificateLoader.LoadCertificateFromFile(edge.Edge.Certificate).SerialNumber;
        renewed.ShouldNotBe(before);
        await Eventually.HoldsAsync(async () => (await PresentedAsync()).ShouldBe(renewed));
        var fresh = edge.ApiFrom(from: null);
        foreach (var toSession in new[] { socket.Key, stream.Key })
        {
            (await fresh.ExchangeAsync(socket.Session, new { toSession, content = 1 })).OutcomeOrCode.ShouldBe(
                "queued"
            );
        }

        await socket.ReceiveAsync();
        await stream.ReceiveAsync();
        await using var another = await Listener.StartStompAsync(await fresh.ConnectAsync(), fresh.Through);
    }

    // The serial number of the certificate that a new connection gets.
    private async Task<string> PresentedAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(edge.Api.Address.Host, edge.Api.Address.Port, Token);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(
            new() { TargetHost = edge.Api.Address.Host, CertificateChainPolicy = edge.Edge.Authority.AsOnlyTrust() },
            Token
        );
        return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
    }
}
