using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>Watches the requests that a client makes; they go to the real server.</summary>
public sealed class Requests() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    private readonly ConcurrentQueue<(string Path, HttpStatusCode Status)> answered = [];
    private readonly Channel<string> begun = Channel.CreateUnbounded<string>();

    /// <summary>The answers so far, in their order; those to WebSockets as well.</summary>
    public IReadOnlyList<(string Path, HttpStatusCode Status)> Answered => [.. answered];

    /// <summary>Whether it answers WebSockets itself, as proxies do that know none.</summary>
    public bool BlocksWebSockets { get; set; }

    /// <summary>The statuses with which it answers the next requests to a path itself, as gateways do.</summary>
    public ConcurrentQueue<(string Path, HttpStatusCode Status)> Gateway { get; } = [];

    /// <summary>How many requests to a path have been answered.</summary>
    public int Count(string path) => answered.Count(answer => answer.Path == path);

    /// <summary>Waits until a request has been begun.</summary>
    public async Task HasBegunAsync(string path)
    {
        await foreach (var request in begun.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            if (request == path)
            {
                return;
            }
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        begun.Writer.TryWrite(request.RequestUri!.AbsolutePath);
        var response =
            BlocksWebSockets && request.RequestUri.AbsolutePath == "/ws" ? Answer(HttpStatusCode.Forbidden, request)
            : Gateway.TryPeek(out var next)
            && next.Path == request.RequestUri.AbsolutePath
            && Gateway.TryDequeue(out next)
                ? Answer(next.Status, request)
            : await base.SendAsync(request, cancellationToken);
        answered.Enqueue((request.RequestUri.AbsolutePath, response.StatusCode));
        return response;
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, HttpRequestMessage request) =>
        new(status) { RequestMessage = request, Content = new StringContent("<html>Sorry</html>") };
}
