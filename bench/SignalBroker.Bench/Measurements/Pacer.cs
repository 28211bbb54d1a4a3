using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SignalBroker.Bench.Measurements;

/// <summary>Calls at a fixed rate, whatever becomes of the calls: a thread of its own that the kernel wakes to the µs.</summary>
internal static partial class Pacer
{
    private const int SetTimerSlack = 29;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Calls so many times per second with the moment by the stopwatch at which each call was due.</summary>
    public static Task RunAsync(
        int perSecond,
        TimeSpan duration,
        Action<int, long> call,
        CancellationToken cancellationToken
    )
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                _ = ProcessControl(SetTimerSlack, 1, 0, 0, 0);
                var count = (int)(perSecond * duration.TotalSeconds);
                var start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 100);
                for (var number = 0; number < count && !cancellationToken.IsCancellationRequested; number++)
                {
                    var due = start + (number * Stopwatch.Frequency / perSecond);
                    SleepUntil(due);
                    call(number, due);
                }

                over.SetResult();
            }
            catch (Exception failure)
            {
                over.SetException(failure);
            }
        })
        {
            IsBackground = true,
            Name = "pacer",
        };
        thread.Start();
        return over.Task;
    }

    private static void SleepUntil(long due)
    {
        for (var left = Left(); left > 0; left = Left())
        {
            var wait = new TimeSpec(left / NanosecondsPerSecond, left % NanosecondsPerSecond);
            _ = NanoSleep(in wait, 0);
        }

        long Left() => (long)((due - Stopwatch.GetTimestamp()) * ((double)NanosecondsPerSecond / Stopwatch.Frequency));
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec wait, nint remaining);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
