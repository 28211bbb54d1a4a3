using System.Diagnostics;

namespace SignalBroker.Bench.Wire;

/// <summary>Counts what all listeners of a system receive.</summary>
public sealed class Arrivals
{
    private volatile Tally tally = new(0);
    private ushort run;

    /// <summary>Begins a run; what still arrives of earlier ones no longer counts.</summary>
    public Tally Begin() => tally = new(++run);

    /// <summary>Counts every signal in a message.</summary>
    public void Count(ReadOnlySpan<byte> message)
    {
        var now = Stopwatch.GetTimestamp();
        while (Stamp.TryRead(ref message, out var stamp))
        {
            tally.Count(stamp, now);
        }
    }
}
