using System.Collections.Concurrent;
using System.Diagnostics;
using SignalBroker.Client;
using SignalBroker.LocalCluster;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>A user of a rollout, who notes when its session moves and when it is lost.</summary>
internal sealed class Person : IAsyncDisposable
{
    private readonly ConcurrentQueue<long> moves = new();
    private readonly ConcurrentQueue<Loss> losses = new();
    private SessionInfo? session;
    private Task reading = Task.CompletedTask;

    public SignalBrokerClient Client { get; private set; } = null!;

    /// <summary>When its session has moved, as time stamps.</summary>
    public IReadOnlyCollection<long> Moves => moves;

    /// <summary>When it was lost, and when it listened again.</summary>
    public IReadOnlyCollection<Loss> Losses => losses;

    public bool Listens => Client.State is ClientState.Listening;

    /// <summary>Whether its session is at the node, lost or not.</summary>
    public bool IsAt(Node node) => session?.ListeningAddress == node.ListeningAddress;

    /// <summary>Whether it listens again since a moment at which its session was lost.</summary>
    public bool IsBackSince(long timestamp) => losses.LastOrDefault() is { BackAt: { } back } && back > timestamp;

    /// <summary>Connects, and hands on what comes.</summary>
    public async Task ConnectAsync(Uri url, string userId, Action<Signal> received, CancellationToken cancellationToken)
    {
        Client = await SignalBrokerClient.ConnectAsync(
            new()
            {
                Url = url,
                UserId = userId,
                StateChanged = Note,
            },
            cancellationToken
        );
        reading = ReadAsync(received);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await reading;
    }

    private async Task ReadAsync(Action<Signal> received)
    {
        await foreach (var signal in Client.ReadSignalsAsync())
        {
            received(signal);
        }
    }

    private void Note(ClientState state)
    {
        switch (state)
        {
            case ClientState.Listening listening:
                if (losses.LastOrDefault() is { BackAt: null } loss)
                {
                    loss.BackAt = Stopwatch.GetTimestamp();
                }
                else if (session is not null && session.ListeningKey != listening.Session.ListeningKey)
                {
                    moves.Enqueue(Stopwatch.GetTimestamp());
                }

                session = listening.Session;
                break;
            case ClientState.Reconnecting when losses.LastOrDefault() is not { BackAt: null }:
                losses.Enqueue(new(Stopwatch.GetTimestamp()));
                break;
        }
    }
}

/// <summary>The loss of a session's socket, as time stamps.</summary>
internal sealed class Loss(long at)
{
    public long At { get; } = at;

    /// <summary>When the client listened again; null if it does not yet.</summary>
    public long? BackAt { get; set; }
}
