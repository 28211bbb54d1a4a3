using SignalBroker.Presence;

namespace SignalBroker.Inbox;

/// <summary>Waits while the same signal is being sent elsewhere, so that a repeat gets the first's answer.</summary>
internal sealed class RepeatWait(TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Tries until the signal's outcome is known, or for too long.</summary>
    public async Task<(Storing? Ending, T Told)> TryAsync<T>(Func<Task<(Storing? Ending, T Told)>> attempt)
    {
        var begun = clock.GetTimestamp();
        var tried = await attempt();
        while (tried.Ending is Storing.UnderWay && clock.GetElapsedTime(begun) < Patience)
        {
            await Task.Delay(AskAgain, clock);
            tried = await attempt();
        }

        return tried;
    }
}
