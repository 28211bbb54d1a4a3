using SignalBroker.Presence;

namespace SignalBroker.Inbox;

/// <summary>Waits while the same signal is being sent elsewhere, so that its repeat can be answered with what becomes of it there.</summary>
internal sealed class RepeatWait(TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Tries until it is known how the signal ended, or for too long.</summary>
    public async Task<(Storing? Ending, T Told)> TryAsync<T>(Func<Task<(Storing? Ending, T Told)>> attempt)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            var tried = await attempt();
            if (tried.Ending is not Storing.UnderWay || clock.GetElapsedTime(begun) >= Patience)
            {
                return tried;
            }

            await Task.Delay(AskAgain, clock);
        }
    }
}
