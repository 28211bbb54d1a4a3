using System.Diagnostics;
using SignalBroker.LocalCluster;
using SignalBroker.Storm.Results;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>What a rollout is played with.</summary>
/// <param name="Listeners">How many people listen, from 100 on.</param>
/// <param name="SignalsPerSecond">How many signals they send in all.</param>
/// <param name="OldRabbitMq">Where the RabbitMQ is that the nodes begin with.</param>
/// <param name="NewRabbitMq">Where the RabbitMQ is that they are upgraded to.</param>
public sealed record RolloutOptions(int Listeners, double SignalsPerSecond, string OldRabbitMq, string NewRabbitMq)
{
    /// <summary>How many sessions a second move away from a node.</summary>
    public int MovesPerSecond { get; init; } = 50;
}

/// <summary>
/// Everything that an operator does to a fleet, one act after the other, while people write to each other: a node comes, all are
/// upgraded, all webapps are replaced, a node dies.
/// </summary>
public sealed class Rollout : IAsyncDisposable
{
    // What comes a little late still belongs to the act.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Cluster cluster;
    private readonly Operator fleet;
    private readonly RolloutOptions options;
    private readonly Action<string> progress;
    private readonly DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
    private readonly List<Act> acts = [];
    private Audience audience = null!;

    private Rollout(Cluster cluster, RolloutOptions options, Action<string> progress)
    {
        (this.cluster, this.options, this.progress) = (cluster, options, progress);
        fleet = new Operator(cluster);
    }

    /// <summary>Starts two nodes, and two webapps behind a HAProxy.</summary>
    public static async Task<Rollout> StartAsync(
        RolloutOptions options,
        Action<string> progress,
        CancellationToken cancellationToken
    )
    {
        var servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                NodesInSettings = false,
                Webapps = 2,
                Haproxy = true,
                RabbitMq = options.OldRabbitMq,
                WebappSettings = new Dictionary<string, string>(NoLimits.PerAddressee)
                {
                    ["Logging:LogLevel:Default"] = "Warning",
                    ["Shutdown:Grace"] = "00:00:04",
                    ["Fleet:MovesPerSecond"] = $"{options.MovesPerSecond}",
                },
            },
            cancellationToken
        );
        return new(servers, options, progress);
    }

    /// <summary>Plays all acts; returns one report of each, and before them one of the whole.</summary>
    public async Task<IReadOnlyList<LoadReport>> PlayAsync(CancellationToken cancellationToken)
    {
        foreach (var node in cluster.Nodes)
        {
            await fleet.AddAsync(node, cancellationToken);
        }

        progress($"{options.Listeners} people connect");
        audience = await Audience.ConnectAsync(new(cluster.Haproxy!.Address), options.Listeners, cancellationToken);
        var clock = new Ticker(audience);
        audience.Begin(options.SignalsPerSecond);
        await PlayAsync("Nothing happens", () => Task.Delay(Pause, TimeProvider.System, cancellationToken));
        await PlayAsync("A node is added, and takes its share", () => AddAsync(cancellationToken));
        await PlayAsync("All nodes are upgraded", () => UpgradeAsync(cancellationToken));
        await PlayAsync("All webapps are replaced", () => ReplaceWebappsAsync(cancellationToken));
        await PlayAsync("A node is killed", () => KillAsync(cancellationToken));
        progress("The last signals arrive");
        await audience.EndAsync(Patience);
        return RolloutReport.Of(options, startedAt, acts, audience, await clock.EndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await (audience?.DisposeAsync() ?? default);
        fleet.Dispose();
        await cluster.DisposeAsync();
    }

    private async Task PlayAsync(string title, Func<Task> playAsync)
    {
        progress(title);
        audience.Act = acts.Count;
        var act = new Act(title, Stopwatch.GetTimestamp());
        acts.Add(act);
        await playAsync();
        await Task.Delay(Pause, TimeProvider.System);
        act.EndedAt = Stopwatch.GetTimestamp();
    }

    private async Task AddAsync(CancellationToken cancellationToken)
    {
        var node = await cluster.AddNodeAsync(cancellationToken);
        await fleet.AddAsync(node, cancellationToken);
        var watch = Stopwatch.StartNew();
        await fleet.RebalanceAsync(cancellationToken);
        await fleet.HoldsAsync(node, sessions => sessions > 0, Patience, cancellationToken);
        acts[^1].Figures.Add(new("until the new node held sessions", watch.Elapsed.TotalSeconds, "s"));
        var share = options.Listeners / cluster.Nodes.Count;
        await WaitAsync(
            () => audience.People.Count(person => person.IsAt(node)) >= 0.9 * share,
            LongEnough,
            $"{node.Name} took its share",
            cancellationToken
        );
    }

    private async Task UpgradeAsync(CancellationToken cancellationToken)
    {
        await using var script = new UpgradeScript(cluster);
        await script.RunAsync(
            async (node, token) =>
            {
                await node.ReplaceAsync(options.NewRabbitMq, token);
                await fleet.AddAsync(node, token);
                progress($"  {node.Name} is upgraded");
            },
            cancellationToken
        );
        var versions = await fleet.VersionsAsync(cancellationToken);
        progress($"  the nodes run RabbitMQ {string.Join(", ", versions.Distinct())}");
    }

    private async Task ReplaceWebappsAsync(CancellationToken cancellationToken)
    {
        foreach (var webapp in cluster.Webapps)
        {
            await webapp.RestartAsync(cancellationToken);
            await cluster.Haproxy!.UsesAsync(webapp, cancellationToken);
        }
    }

    private async Task KillAsync(CancellationToken cancellationToken)
    {
        // The last one to be upgraded is empty.
        var node = await fleet.FindFullestAsync(cancellationToken);
        var losers = audience.People.Where(person => person.IsAt(node)).ToArray();
        acts[^1].Figures.Add(new("sessions at the node", losers.Length, ""));
        var killedAt = Stopwatch.GetTimestamp();
        await node.KillAsync();
        await WaitAsync(
            () => losers.All(person => person.IsBackSince(killedAt)),
            Patience,
            "all listened again",
            cancellationToken
        );
    }

    // What takes too long is said, and does not end the rollout: its report shows what came of it.
    private async Task WaitAsync(
        Func<bool> condition,
        TimeSpan patience,
        string what,
        CancellationToken cancellationToken
    )
    {
        var watch = Stopwatch.StartNew();
        while (!condition() && watch.Elapsed < patience)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.05), TimeProvider.System, cancellationToken);
        }

        if (!condition())
        {
            progress($"  {patience.TotalSeconds:0} s were not enough until {what}");
        }
    }

    // Twice as long as all would take to move.
    private TimeSpan LongEnough => TimeSpan.FromSeconds(30 + (2.0 * options.Listeners / options.MovesPerSecond));
}

/// <summary>One act of a rollout.</summary>
/// <param name="title">What happens in it.</param>
/// <param name="beganAt">When, as a time stamp.</param>
internal sealed class Act(string title, long beganAt)
{
    public string Title { get; } = title;

    public long BeganAt { get; } = beganAt;

    public long EndedAt { get; set; } = beganAt;

    public List<Figure> Figures { get; } = [];

    public bool Contains(long timestamp) => timestamp >= BeganAt && timestamp < EndedAt;
}
