using SignalBroker.Storm.Results;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>Notes each second how many listen, and what has been sent and received.</summary>
internal sealed class Ticker
{
    private readonly Audience audience;
    private readonly Task<List<Tick>> ticking;
    private volatile bool isEnding;

    public Ticker(Audience audience)
    {
        this.audience = audience;
        ticking = TickAsync();
    }

    /// <summary>Stops; returns all seconds.</summary>
    public async Task<IReadOnlyList<Tick>> EndAsync()
    {
        isEnding = true;
        return await ticking;
    }

    private async Task<List<Tick>> TickAsync()
    {
        var ticks = new List<Tick>();
        var (written, received) = (audience.Written, audience.Received);
        using var beat = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!isEnding)
        {
            await beat.WaitForNextTickAsync(CancellationToken.None);
            var (writtenNow, receivedNow) = (audience.Written, audience.Received);
            ticks.Add(
                new Tick
                {
                    Second = ticks.Count + 1,
                    Listening = audience.People.Count(person => person.Listens),
                    Sent = writtenNow - written,
                    Received = receivedNow - received,
                }
            );
            (written, received) = (writtenNow, receivedNow);
        }

        return ticks;
    }
}
