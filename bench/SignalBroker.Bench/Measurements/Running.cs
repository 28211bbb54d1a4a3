using SignalBroker.Bench.Systems;

namespace SignalBroker.Bench.Measurements;

/// <summary>The systems that are measured in turns, all of them running.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly List<ISystem> systems = [];

    /// <summary>The systems, in the report's order.</summary>
    public IReadOnlyList<ISystem> Systems => systems;

    /// <summary>Starts systems, one after the other.</summary>
    public static async Task<Running> StartAsync(
        IEnumerable<Func<CancellationToken, Task<ISystem>>> starts,
        CancellationToken cancellationToken
    )
    {
        var running = new Running();
        try
        {
            foreach (var start in starts)
            {
                running.systems.Add(await start(cancellationToken));
            }

            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var system in systems)
        {
            await system.DisposeAsync();
        }
    }
}
