using System.Collections.Concurrent;
using System.Net;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>Watches the requests that a client makes; they go to the real server.</summary>
public sealed class Requests() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    private readonly ConcurrentQueue<(string Path, HttpStatusCode Status)> answered = [];

    /// <summary>The answers so far, in their order; those to WebSockets as well.</summary>
    public IReadOnlyList<(string Path, HttpStatusCode Status)> Answered => [.. answered];

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var response = await base.SendAsync(request, cancellationToken);
        answered.Enqueue((request.RequestUri!.AbsolutePath, response.StatusCode));
        return response;
    }
}
