namespace SignalBroker.Storm.Clients;

/// <summary>The one timer that lets each listener of this process say every 20 s that it is there.</summary>
/// <remarks>A node closes a socket that says nothing for 60 s.</remarks>
internal static class HeartBeats
{
    private const int Turns = 20;
    private static readonly TimeSpan BetweenTurns = TimeSpan.FromSeconds(1);

    // The listeners take turns, so that they do not all wake the node at once.
    private static readonly HashSet<Listener>[] Listeners =
    [
        .. Enumerable.Range(0, Turns).Select(_ => new HashSet<Listener>()),
    ];
    private static readonly ITimer Timer = TimeProvider.System.CreateTimer(Beat, null, BetweenTurns, BetweenTurns);
    private static int turn;

    public static void Add(Listener listener)
    {
        var group = GroupOf(listener);
        lock (group)
        {
            group.Add(listener);
        }

        GC.KeepAlive(Timer);
    }

    public static void Remove(Listener listener)
    {
        var group = GroupOf(listener);
        lock (group)
        {
            group.Remove(listener);
        }
    }

    private static HashSet<Listener> GroupOf(Listener listener) => Listeners[(uint)listener.GetHashCode() % Turns];

    private static void Beat(object? _)
    {
        var group = Listeners[(uint)Interlocked.Increment(ref turn) % Turns];
        Listener[] now;
        lock (group)
        {
            now = [.. group];
        }

        foreach (var listener in now)
        {
            listener.Beat();
        }
    }
}
