namespace SignalBroker.Client.Listening;

/// <summary>How long ago something came, whatever the machine's clock says.</summary>
internal sealed class Age(TimeProvider time)
{
    private readonly long timestamp = time.GetTimestamp();
    private readonly DateTimeOffset moment = time.GetUtcNow();

    /// <summary>The longer of the two: a clock may be set back, and timestamps stand still while a machine sleeps.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            var (steady, shown) = (time.GetElapsedTime(timestamp), time.GetUtcNow() - moment);
            return steady > shown ? steady : shown;
        }
    }
}
