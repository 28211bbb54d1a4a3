namespace SignalBroker.LocalCluster;

/// <summary>The Erlang port mapper of this cluster alone; a shared one would outlive the nodes.</summary>
internal sealed class Epmd(Run run, ErlangDistribution erlang) : Part(run, "epmd")
{
    private protected override Launch Describe() =>
        new("epmd")
        {
            LastSignal = Signal.Kill,
            WorkingFolder = Run.DataFolder,
            Environment = erlang.Environment,
        };

    private protected override Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        Readiness.AcceptsAsync(erlang.EpmdPort, cancellationToken);
}
