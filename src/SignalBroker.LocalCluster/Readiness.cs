using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SignalBroker.LocalCluster;

/// <summary>Asks a server whether it is ready.</summary>
internal static class Readiness
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    public static async Task<bool> AcceptsAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether the address answers 200 with a certificate of the CA.</summary>
    public static async Task<bool> AnswersAsync(
        string address,
        X509Certificate2 authority,
        CancellationToken cancellationToken
    )
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = authority.AsOnlyTrust() },
            UseProxy = false,
        };
        using var http = new HttpClient(handler) { Timeout = Http.Timeout };
        return await AnswersAsync(http, new HttpRequestMessage(HttpMethod.Get, address), cancellationToken);
    }

    /// <summary>Whether the address answers 200; a user and password in it are sent as Basic credentials.</summary>
    public static async Task<bool> AnswersAsync(string address, CancellationToken cancellationToken)
    {
        var uri = new Uri(address);
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (uri.UserInfo.Length > 0)
        {
            var credential = Convert.ToBase64String(Encoding.UTF8.GetBytes(uri.UserInfo));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credential);
        }

        return await AnswersAsync(Http, request, cancellationToken);
    }

    private static async Task<bool> AnswersAsync(
        HttpClient http,
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        using var sent = request;
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
