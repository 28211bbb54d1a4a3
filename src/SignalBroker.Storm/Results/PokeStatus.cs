namespace SignalBroker.Storm.Results;

/// <summary>The results of the pokes so far, and how the load is doing; zeros for a load without pokes.</summary>
/// <param name="Clients">The clients that listen at this moment.</param>
public sealed record PokeStatus(
    string Load,
    string Phase,
    double Seconds,
    long Clients,
    PokeCount Unicast,
    PokeCount Broadcast,
    TreeCount Tree
)
{
    public static PokeStatus Of(LoadReport report)
    {
        var pokes = report.Pokes ?? new();
        return new(
            report.Load,
            report.Phase,
            report.Seconds,
            report.Totals.Listening,
            pokes.Unicast,
            pokes.Broadcast,
            pokes.Tree
        );
    }
}
