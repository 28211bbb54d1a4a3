using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>Watches a client ask for sessions, and may answer as other webapps would.</summary>
public sealed class Connects() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    private readonly ConcurrentQueue<Asked> asked = [];
    private readonly ConcurrentQueue<(int Status, string Code)> refusals = [];
    private int disconnects;

    /// <summary>What was asked for, in this order.</summary>
    public IReadOnlyList<Asked> Asked => [.. asked];

    /// <summary>The whole bodies of that.</summary>
    public ConcurrentQueue<JsonObject> Bodies { get; } = [];

    /// <summary>How many sessions were ended by a request.</summary>
    public int Disconnects => Volatile.Read(ref disconnects);

    /// <summary>Whether the webapp is so old that it passes over a predecessor.</summary>
    public bool PassesOverPredecessors { get; set; }

    /// <summary>Whether the webapp is so old that its sessions have no name but their key.</summary>
    public bool TellsNoNames { get; set; }

    /// <summary>Whether the webapp does not know the session of the next signal.</summary>
    public bool ForgetsSession { get; set; }

    /// <summary>Has requests that name a predecessor refused, one after the other.</summary>
    public void Refuse(params IEnumerable<(int Status, string Code)> answers)
    {
        foreach (var answer in answers)
        {
            refusals.Enqueue(answer);
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        switch (request.RequestUri!.AbsolutePath)
        {
            case "/connect":
                return await ConnectAsync(request, cancellationToken);
            case "/exchange" when ForgetsSession:
                ForgetsSession = false;
                return Refusal(401, SignalBrokerCode.Unauthorized);
            case "/disconnect":
                Interlocked.Increment(ref disconnects);
                break;
        }

        return await base.SendAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> ConnectAsync(HttpRequestMessage request, CancellationToken token)
    {
        var body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(token))!.AsObject();
        Bodies.Enqueue(body);
        var predecessor = (string?)body["predecessor"]?["listeningKey"];
        asked.Enqueue(new(predecessor, (string?)body["userId"], request.Headers.Authorization is not null));
        if (predecessor is not null && refusals.TryDequeue(out var refusal))
        {
            return Refusal(refusal.Status, refusal.Code);
        }

        if (PassesOverPredecessors)
        {
            body.Remove("predecessor");
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        var response = await base.SendAsync(request, token);
        if (TellsNoNames)
        {
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(token))!.AsObject();
            answer.Remove("knownAs").ShouldBeTrue();
            return Answer(response.StatusCode, answer);
        }

        return response;
    }

    private static HttpResponseMessage Refusal(int status, string code) =>
        Answer((HttpStatusCode)status, new { status, code });

    private static HttpResponseMessage Answer<T>(HttpStatusCode status, T content) =>
        new(status)
        {
            Content = new StringContent(JsonSerializer.Serialize(content), Encoding.UTF8, "application/json"),
        };
}

/// <summary>How a client asked for a session.</summary>
/// <param name="Predecessor">The key of the session to take over from; null for none.</param>
/// <param name="UserId">The user, if it was named.</param>
/// <param name="HasProof">Whether the request bore a token.</param>
public sealed record Asked(string? Predecessor, string? UserId, bool HasProof);
