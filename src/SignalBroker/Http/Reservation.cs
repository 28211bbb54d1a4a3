namespace SignalBroker.Http;

/// <summary>What was taken from a budget, and is given back unless it is kept.</summary>
internal sealed class Reservation(TimeSpan? wait, Action giveBack) : IDisposable
{
    private bool isTaken = wait is null;

    /// <summary>Null if the budget had it; otherwise how long until it will.</summary>
    public TimeSpan? Wait => wait;

    /// <summary>Keeps it, because it has been used.</summary>
    public void Keep() => isTaken = false;

    public void Dispose()
    {
        if (isTaken)
        {
            isTaken = false;
            giveBack();
        }
    }
}
