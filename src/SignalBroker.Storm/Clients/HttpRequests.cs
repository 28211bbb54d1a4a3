using System.Text;

namespace SignalBroker.Storm.Clients;

/// <summary>Renders HTTP requests to bytes, so that sending one again costs no more than writing them.</summary>
public static class HttpRequests
{
    /// <summary>Renders a POST.</summary>
    /// <param name="server">The address of the server; its path, if any, precedes <paramref name="path"/>.</param>
    /// <param name="path">Where to post, such as <c>/exchange</c>.</param>
    /// <param name="authorization">The value of the header of that name, or null.</param>
    /// <param name="mediaType">The body's, or null for none.</param>
    public static byte[] RenderPost(
        Uri server,
        string path,
        string? authorization,
        string? mediaType,
        ReadOnlySpan<byte> body
    )
    {
        var head =
            $"POST {server.AbsolutePath.TrimEnd('/')}{path} HTTP/1.1\r\nHost: {server.Authority}\r\n"
            + (authorization is null ? "" : $"Authorization: {authorization}\r\n")
            + (mediaType is null ? "" : $"Content-Type: {mediaType}\r\n")
            + $"Content-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
