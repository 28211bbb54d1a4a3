using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using System.Text.Json;
using SignalBroker.Client;
using SignalBroker.Client.Listening;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Pokes;

/// <summary>MessageStorm's server: pokes clients, receives their answers, and lets trees of pokes grow.</summary>
/// <remarks>
/// It is a session like any other. What it knows of a poke (its depth, its tree, whom it went to) is its own record; of an
/// answer it believes only which session sent it, because the server vouches for that.
/// </remarks>
public sealed class PokeController : IAsyncDisposable
{
    private const int AtOnce = 64;
    private const int Attempts = 10;

    private readonly Func<string?> anyClient;
    private readonly DeviceConnections connections;
    private readonly ConcurrentDictionary<string, SentPoke> waiting = new();
    private readonly SemaphoreSlim sending = new(AtOnce);
    private readonly CancellationTokenSource disposed = new();
    private Device? device;
    private int named;

    private PokeController(DeviceConnections connections, Func<string?> anyClient) =>
        (this.connections, this.anyClient) = (connections, anyClient);

    /// <summary>The session that it sends from and listens with.</summary>
    public SessionInfo Session => device!.Session;

    /// <summary>What became of the pokes so far.</summary>
    public PokeReport Report => Tally.Report;

    /// <summary>Errors by code; answers that it did not believe are among them.</summary>
    public IReadOnlyDictionary<string, long> Errors => Tally.Errors;

    internal PokeTally Tally { get; } = new();

    /// <summary>Connects.</summary>
    /// <param name="anyClient">Chooses the listening key of one of the clients at random; null when there is none.</param>
    /// <param name="protocol">What it listens by; null for MQTT where the node offers it, and STOMP elsewhere.</param>
    public static async Task<PokeController> StartAsync(
        Uri server,
        string userId,
        Func<string?> anyClient,
        ListenerProtocol? protocol,
        CancellationToken cancellationToken
    )
    {
        var sources = new SourceAddresses(SourceAddresses.Parts - 1);
        var controller = new PokeController(new DeviceConnections([server], sources, protocol), anyClient);
        try
        {
            controller.device = await Device.ConnectAsync(
                controller.connections,
                userId,
                controller.Received,
                failure => controller.Tally.Failed(Failures.CodeOf(failure)),
                attempts: 5,
                cancellationToken
            );
            return controller;
        }
        catch
        {
            await controller.DisposeAsync();
            throw;
        }
    }

    /// <summary>Why a tree can't have so many leaves; null when it can.</summary>
    public static string? ProblemOf(int leaves) =>
        leaves >= 1 && BitOperations.IsPow2(leaves)
            ? null
            : $"A tree has 1, 2, 4, 8 … leaves (a power of two), not {leaves}.";

    public Task PokeAsync(string listeningKey, PokeKind kind) =>
        SendAsync(new SentPoke($"p{Interlocked.Increment(ref named)}", kind, 1), listeningKey, _ => { });

    /// <summary>Waits until all pokes outside trees are answered, or the time is over.</summary>
    public async Task AnsweredAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (!waiting.IsEmpty && Stopwatch.GetElapsedTime(since) < within)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Lets a tree grow until it is complete or its time is over.</summary>
    /// <exception cref="ArgumentException">The number of leaves is no power of two.</exception>
    public async Task<TreeResult> GrowAsync(int leaves, TimeSpan within, CancellationToken cancellationToken)
    {
        if (ProblemOf(leaves) is { } problem)
        {
            throw new ArgumentException(problem, nameof(leaves));
        }

        var tree = new PokeTree($"t{Interlocked.Increment(ref named)}", leaves);
        Tally.TreeBegan();
        _ = BranchAsync(tree, 1, leaves);
        try
        {
            await tree.Ended.WaitAsync(within, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The sum says what is missing.
        }

        var result = tree.Sum();
        foreach (var missing in result.Missing)
        {
            waiting.TryRemove(missing, out _);
        }

        Tally.TreeEnded(result);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed.IsCancellationRequested)
        {
            return;
        }

        await disposed.CancelAsync();
        if (device is not null)
        {
            await device.DisconnectAsync();
        }

        connections.Dispose();
        disposed.Dispose();
        sending.Dispose();
    }

    private static double Now() =>
        Math.Round((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds, 3);

    private async Task BranchAsync(PokeTree tree, int number, int depth)
    {
        var poke = new SentPoke(tree.NameOf(number), PokeKind.Tree, depth) { Tree = tree, Number = number };
        tree.Sent(number);
        await SendAsync(poke, null, tree.CouldNotSend);
    }

    // Without a key, any client will do, and another one if the first has gone.
    private async Task SendAsync(SentPoke poke, string? key, Action<int> failed)
    {
        try
        {
            await sending.WaitAsync(disposed.Token);
            try
            {
                if (await TrySendAsync(poke, key))
                {
                    return;
                }
            }
            finally
            {
                sending.Release();
            }
        }
        catch (Exception failure)
        {
            Tally.Failed(Failures.CodeOf(failure));
            if (failure is ServerUnreachableException)
            {
                // It may have arrived: the answer or the tree's deadline will tell.
                return;
            }
        }

        waiting.TryRemove(poke.Id, out _);
        failed(poke.Number);
    }

    // False when it surely has not arrived.
    private async Task<bool> TrySendAsync(SentPoke poke, string? key)
    {
        var backOff = new BackOff(Random.Shared);
        for (var attempt = 1; attempt <= Attempts && poke.Tree?.IsOver != true; attempt++)
        {
            if ((key ?? anyClient()) is not { } addressee)
            {
                return false;
            }

            // The poke back may come before the server's answer.
            poke.Key = addressee;
            poke.SentAt = Stopwatch.GetTimestamp();
            waiting[poke.Id] = poke;
            var outcome = await PostAsync(poke, addressee);
            if (outcome.Code is null)
            {
                Tally.Sent(poke.Kind);
                return true;
            }

            Tally.Failed(outcome.Code);
            if (outcome.Status is 429 or 503 || outcome.Code is "overloaded")
            {
                await Task.Delay(backOff.Next(outcome.RetryAfter), TimeProvider.System, disposed.Token);
            }
            else if (outcome.Code is "unknown" || key is not null)
            {
                return outcome.Code is "unknown";
            }
        }

        return false;
    }

    private Task<SendOutcome> PostAsync(SentPoke poke, string addressee)
    {
        var content = new Poke(poke.Id, Now(), poke.Tree is null ? null : poke.Depth, poke.Tree?.Id);
        var json = JsonSerializer.Serialize(content, PokeJson.Default.Poke);
        return device!.SendAsync(Addressee.OfSession(addressee), json, Poke.Type);
    }

    private void Received(ReadOnlyMemory<byte> envelope)
    {
        if (PokeEnvelope.Read(envelope.Span) is not { } signal || signal.AsPokeBack() is not { } answer)
        {
            return;
        }

        if (!waiting.TryGetValue(answer.Id, out var poke))
        {
            Tally.Failed("poke-back-unexpected");
        }
        else if (poke.Key != signal.FromSession)
        {
            Tally.Failed("poke-back-forged");
        }
        else if (waiting.TryRemove(answer.Id, out _))
        {
            Tally.Answered(poke.Kind, Stopwatch.GetElapsedTime(poke.SentAt), answer.Delay);
            Grow(poke);
        }
    }

    private void Grow(SentPoke poke)
    {
        if (poke.Tree is not { IsOver: false } tree)
        {
            return;
        }

        tree.Answered(poke.Number);
        if (poke.Depth > 1)
        {
            _ = BranchAsync(tree, 2 * poke.Number, poke.Depth / 2);
            _ = BranchAsync(tree, (2 * poke.Number) + 1, poke.Depth / 2);
        }
    }

    private sealed class SentPoke(string id, PokeKind kind, int depth)
    {
        public string Id { get; } = id;
        public PokeKind Kind { get; } = kind;
        public int Depth { get; } = depth;
        public PokeTree? Tree { get; init; }
        public int Number { get; init; }
        public string Key { get; set; } = "";
        public long SentAt { get; set; }
    }
}
