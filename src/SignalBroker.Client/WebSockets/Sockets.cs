using System.Net.WebSockets;

namespace SignalBroker.Client.WebSockets;

/// <summary>Opens the WebSockets that signals come in on.</summary>
internal static class Sockets
{
    private const string SubProtocol = "v12.stomp";

    /// <summary>Opens one.</summary>
    /// <param name="address">The <c>ws</c> or <c>wss</c> address.</param>
    /// <param name="http">What it goes through, unless the application opens the connections.</param>
    /// <param name="open">Opens a connection; null for <paramref name="http"/>.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<WebSocket> OpenAsync(
        Uri address,
        HttpMessageInvoker http,
        Func<Uri, CancellationToken, ValueTask<Stream>>? open,
        CancellationToken cancellationToken
    )
    {
        if (open is not null)
        {
            var stream = await open(address, cancellationToken);
            try
            {
                return await WebSocketUpgrade.OpenAsync(stream, address, SubProtocol, cancellationToken);
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }
        }

        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(SubProtocol);
            // STOMP has heart-beats of its own; these would be a timer for each listener.
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            await socket.ConnectAsync(address, http, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
