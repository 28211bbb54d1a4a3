using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Pokes;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>How to poke.</summary>
public sealed record PokeOptions
{
    public PokeKind Kind { get; init; } = PokeKind.Tree;

    /// <summary>How many leaves each tree has: a power of two.</summary>
    public int Leaves { get; init; } = 64;

    /// <summary>How many trees grow, pokes are sent, or broadcasts are made.</summary>
    public int Count { get; init; } = 100;

    /// <summary>How many trees grow at the same time, or pokes are under way.</summary>
    public int AtOnce { get; init; } = 10;

    /// <summary>How long a tree may take, or the last answers to other pokes.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>MessageStorm's pokes: a controller pokes clients, and they poke back.</summary>
public sealed class PokeLoad(LoadOptions options, PokeOptions pokes) : Load(options)
{
    public override string Name => "poke";

    public override string Title =>
        pokes.Kind switch
        {
            PokeKind.Unicast => $"{pokes.Count} pokes, each to one of {Options.Clients} clients.",
            PokeKind.Broadcast => $"{pokes.Count} times all of {Options.Clients} clients are poked.",
            _ =>
                $"{pokes.Count} trees of {pokes.Leaves} leaves ({(2 * pokes.Leaves) - 1} pokes each) among {Options.Clients} clients.",
        };

    public override string MainLatency => "roundTrip";

    public override string? Problem => pokes.Kind == PokeKind.Tree ? PokeController.ProblemOf(pokes.Leaves) : null;

    public override IReadOnlyDictionary<string, string> OwnOptions =>
        pokes.Kind switch
        {
            PokeKind.Unicast => Typed(("--type", "unicast"), ("--pokes", pokes.Count)),
            PokeKind.Broadcast => Typed(("--type", "broadcast"), ("--broadcasts", pokes.Count)),
            _ => Typed(
                ("--type", "tree"),
                ("--leaves", pokes.Leaves),
                ("--trees", pokes.Count),
                ("--trees-at-once", pokes.AtOnce)
            ),
        };

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        await run.ConnectAllAsync((order, _) => order with { TellKeys = true }, cancellationToken);
        await run.Fleet.UntilAsync(() => run.Fleet.Keys.Count >= run.Fleet.Users, cancellationToken);
        await using var controller = await PokeController.StartAsync(
            Options.Urls[0],
            $"{run.Fleet.UserPrefix}controller",
            () => run.Fleet.AnyKey(Random.Shared),
            Options.Protocol,
            cancellationToken
        );
        run.Pokes = controller.Tally;

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var poking = PokeAsync(run, controller, over.Token);
        if (await Task.WhenAny(poking, run.Fleet.Broken) != poking)
        {
            await over.CancelAsync();
            await run.Fleet.Broken;
        }

        await poking;
    }

    private async Task PokeAsync(LoadRun run, PokeController controller, CancellationToken cancellationToken)
    {
        var done = 0;
        run.Enter("running", () => Volatile.Read(ref done) / (double)pokes.Count);
        var atOnce = pokes.Kind == PokeKind.Broadcast ? 1 : pokes.AtOnce;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, pokes.Count),
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (_, token) =>
            {
                await OnceAsync(run, controller, token);
                Interlocked.Increment(ref done);
            }
        );
        run.Enter("draining");
        await controller.AnsweredAsync(pokes.Deadline, cancellationToken);
    }

    private async Task OnceAsync(LoadRun run, PokeController controller, CancellationToken cancellationToken)
    {
        switch (pokes.Kind)
        {
            case PokeKind.Tree:
                await controller.GrowAsync(pokes.Leaves, pokes.Deadline, cancellationToken);
                break;
            case PokeKind.Broadcast:
                await Task.WhenAll(run.Fleet.Keys.Select(key => controller.PokeAsync(key, PokeKind.Broadcast)));
                await controller.AnsweredAsync(pokes.Deadline, cancellationToken);
                break;
            default:
                if (run.Fleet.AnyKey(Random.Shared) is { } key)
                {
                    await controller.PokeAsync(key, PokeKind.Unicast);
                }

                break;
        }
    }
}
