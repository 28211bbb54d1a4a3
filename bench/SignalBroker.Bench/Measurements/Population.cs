using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>The clients of one system, in numbered places, kept awake by their heart-beats.</summary>
public sealed class Population : IAsyncDisposable
{
    private const int Turns = 200;
    private static readonly TimeSpan BetweenTurns = TimeSpan.FromMilliseconds(100);

    private readonly ISystem system;
    private readonly int firstNumber;
    private readonly IClient?[] clients;
    private readonly ITimer heart;
    private int turn;

    private Population(ISystem system, int firstNumber, int count)
    {
        (this.system, this.firstNumber, clients) = (system, firstNumber, new IClient?[count]);
        heart = TimeProvider.System.CreateTimer(_ => Beat(), null, BetweenTurns, BetweenTurns);
    }

    public int Count => clients.Length;

    /// <summary>The client in a place.</summary>
    public IClient this[int place] => clients[place]!;

    /// <summary>Opens clients, so many at a time, and waits until the system knows that all listen.</summary>
    /// <exception cref="ClientFailedException">One of them could not start to listen.</exception>
    public static async Task<Population> OpenAsync(
        ISystem system,
        int count,
        int atOnce,
        CancellationToken cancellationToken,
        int firstNumber = 0
    )
    {
        var population = new Population(system, firstNumber, count);
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, count),
                new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
                async (place, token) => await population.OpenAsync(place, token)
            );
            await system.SettleAsync(cancellationToken);
            return population;
        }
        catch
        {
            await population.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the client of a place again; false when it could not start to listen.</summary>
    public async Task<bool> TryOpenAsync(int place, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(place, cancellationToken);
            return true;
        }
        catch (ClientFailedException)
        {
            return false;
        }
    }

    /// <summary>Cuts all sockets at once.</summary>
    public void Cut()
    {
        foreach (var client in clients)
        {
            client?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await heart.DisposeAsync();
        Cut();
    }

    // A few at a time, so that they do not all wake their server at once.
    private void Beat()
    {
        for (var place = turn++ % Turns; place < clients.Length; place += Turns)
        {
            clients[place]?.SendHeartbeat();
        }
    }

    // Whoever was in the place is cut off.
    private async Task OpenAsync(int place, CancellationToken cancellationToken)
    {
        var before = clients[place];
        clients[place] = await system.ListenAsync(firstNumber + place, cancellationToken);
        before?.Dispose();
    }
}
