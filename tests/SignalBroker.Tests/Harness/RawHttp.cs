using System.Net.Sockets;
using System.Text;

namespace SignalBroker.Tests.Harness;

/// <summary>Sends requests byte for byte, as no HTTP library would.</summary>
public static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends one request, which must ask for the connection to be closed, and reads to the end.</summary>
    /// <returns>The answer, its headers included.</returns>
    public static async Task<string> SendAsync(Uri address, string request)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync(patience.Token);
    }

    /// <summary>Posts a body whose framing is given, chunk sizes and all.</summary>
    public static Task<string> PostChunkedAsync(
        Uri address,
        string path,
        string framedBody,
        string type = "application/json",
        string? authorization = null
    ) =>
        SendAsync(
            address,
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\nContent-Type: {type}\r\n"
                + (authorization is null ? "" : $"Authorization: {authorization}\r\n")
                + $"Transfer-Encoding: chunked\r\n\r\n{framedBody}"
        );
}
