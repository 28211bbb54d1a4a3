using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>Ends TLS before a server that does not speak it, with a certificate of a CA of one's own.</summary>
public sealed class TlsProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, port: 0);
    private readonly CancellationTokenSource closing = new();
    private readonly X509Certificate2 certificate;
    private readonly int target;
    private readonly Task accepting;
    private int accepted;

    /// <param name="authority">Who issues its certificate.</param>
    /// <param name="target">The port behind it.</param>
    public TlsProxy(CertificateAuthority authority, int target)
    {
        this.target = target;
        var (chain, key) = authority.Issue("127.0.0.1");
        certificate = X509Certificate2.CreateFromPem(chain, key);
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How many connections have come that trust the certificate.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Stop();
        await accepting;
        listener.Dispose();
        certificate.Dispose();
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(PassOnAsync(await listener.AcceptTcpClientAsync(closing.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task PassOnAsync(TcpClient client)
    {
        using var behind = new TcpClient();
        try
        {
            using (client)
            await using (var tls = new SslStream(client.GetStream()))
            {
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate },
                    closing.Token
                );
                Interlocked.Increment(ref accepted);
                await behind.ConnectAsync(IPAddress.Loopback, target, closing.Token);
                var stream = behind.GetStream();
                await await Task.WhenAny(
                    tls.CopyToAsync(stream, closing.Token),
                    stream.CopyToAsync(tls, closing.Token)
                );
            }
        }
        catch (Exception ended)
            when (ended
                    is IOException
                        or SocketException
                        or OperationCanceledException
                        or System.Security.Authentication.AuthenticationException
            )
        {
            // One of the two has gone, or does not trust the certificate.
        }
    }
}
