using System.Net.WebSockets;
using SignalBroker.Client.Http;

namespace SignalBroker.Client;

/// <summary>The regions of a server, if it tells them.</summary>
public static class ServerRegions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Finds the region whose node is the first to open a WebSocket, for <see cref="ListeningPlace.Region"/>.</summary>
    /// <param name="url">The webapp's address, as in <see cref="SignalBrokerClientOptions.Url"/>.</param>
    /// <param name="http">What requests and WebSockets go through; null for one that all clients of the process share.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// Null if the server does not tell, and if nothing answers within 3 s each: any region will do then.
    /// </returns>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static async Task<string?> FindNearestAsync(
        Uri url,
        HttpMessageInvoker? http = null,
        CancellationToken cancellationToken = default
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var answer = await new HttpCalls(url, http, TimeProvider.System).AskAsync(
                HttpMethod.Get,
                "/nodes",
                body: null,
                authorization: null,
                ApiJson.Default.RegionsAnswer,
                patience.Token
            );
            patience.CancelAfter(Patience);
            return answer.Regions is [var only] ? only.Region : await FirstAsync(answer.Regions ?? [], http, patience);
        }
        catch (Exception failure)
            when (failure is SignalBrokerException
                || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return null;
        }
    }

    private static async Task<string?> FirstAsync(
        IReadOnlyList<RegionOffer> regions,
        HttpMessageInvoker? http,
        CancellationTokenSource patience
    )
    {
        var opening = regions.Select(region => OpenAsync(region, http, patience.Token)).ToList();
        string? first = null;
        while (opening.Count > 0 && first is null)
        {
            var done = await Task.WhenAny(opening);
            opening.Remove(done);
            first = await done;
        }

        await patience.CancelAsync();
        await Task.WhenAll(opening);
        return first;
    }

    // The region, if its node opens a WebSocket.
    private static async Task<string?> OpenAsync(
        RegionOffer region,
        HttpMessageInvoker? http,
        CancellationToken cancellationToken
    )
    {
        if (!Uri.TryCreate(region.Address, UriKind.Absolute, out var address))
        {
            return null;
        }

        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v12.stomp");
        try
        {
            await socket.ConnectAsync(address, http, cancellationToken);
            return region.Region;
        }
        catch (Exception failure)
            when (failure is WebSocketException or OperationCanceledException or ArgumentException)
        {
            return null;
        }
    }
}
