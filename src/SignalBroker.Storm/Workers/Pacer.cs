using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Workers;

/// <summary>Says when each signal of an open load is due, to within some ten microseconds, on a thread of its own.</summary>
/// <remarks>A timer of the runtime may be a millisecond late, which is more than most signals take.</remarks>
public sealed partial class Pacer : IDisposable
{
    private const int MonotonicClock = 1;
    private const int Absolute = 1;
    private const int SetTimerSlack = 29;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private static readonly TimeSpan MaxSleep = TimeSpan.FromMilliseconds(100);

    private readonly Thread thread;
    private readonly double perSecond;
    private readonly int burst;
    private readonly Action<long> due;
    private volatile bool stopping;

    /// <summary>Begins at once.</summary>
    /// <param name="perSecond">How many are due per second.</param>
    /// <param name="burst">How many of them are due at the same moment.</param>
    /// <param name="due">Called with each moment, by the monotonic clock; must not block.</param>
    public Pacer(double perSecond, int burst, Action<long> due)
    {
        (this.perSecond, this.burst, this.due) = (perSecond, burst, due);
        thread = new Thread(Run) { IsBackground = true, Name = "pacer" };
        thread.Start();
    }

    public void Dispose()
    {
        stopping = true;
        thread.Join();
    }

    private void Run()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Control(SetTimerSlack, 1, 0, 0, 0);
        }

        var start = Stopwatch.GetTimestamp();
        for (long number = 0; !stopping; number++)
        {
            var moment = start + (long)(number * burst / perSecond * Stopwatch.Frequency);
            SleepUntil(moment);
            for (var one = 0; one < burst && !stopping; one++)
            {
                due(moment);
            }
        }
    }

    private void SleepUntil(long moment)
    {
        while (!stopping && moment - Stopwatch.GetTimestamp() is > 0 and var rest)
        {
            var step = Math.Min(rest, (long)(MaxSleep.TotalSeconds * Stopwatch.Frequency));
            if (OperatingSystem.IsLinux())
            {
                // There, the stopwatch reads the same clock.
                var until = Stopwatch.GetTimestamp() + step;
                var time = new Time(until / NanosecondsPerSecond, until % NanosecondsPerSecond);
                _ = Sleep(MonotonicClock, Absolute, in time, 0);
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int Sleep(int clock, int flags, in Time until, nint rest);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, ulong first, ulong second, ulong third, ulong fourth);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Time(long Seconds, long Nanoseconds);
}
