namespace SignalBroker.Storm.Clients;

/// <summary>Passes requests on, and hands out the stream of server-sent events so that it can be cut.</summary>
internal sealed class StreamKeeper(HttpMessageInvoker http, Action<IDisposable> opened) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var response = await http.SendAsync(request, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            opened(response);
        }

        return response;
    }
}
