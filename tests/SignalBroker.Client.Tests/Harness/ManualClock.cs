using Microsoft.Extensions.Time.Testing;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>A clock that stands still until a test moves it, and tells how many timers it has to fire.</summary>
public sealed class ManualClock : FakeTimeProvider
{
    private int running;

    /// <summary>How far ahead the time of day is that it shows.</summary>
    public TimeSpan Wrong { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Wrong;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new CountedTimer(this);
        timer.Inner = base.CreateTimer(
            _ =>
            {
                timer.Fired();
                callback(state);
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits until so many timers run.</summary>
    public Task HasTimersAsync(int count) => Until.HoldsAsync(() => Volatile.Read(ref running) >= count);

    private sealed class CountedTimer(ManualClock clock) : ITimer
    {
        private readonly Lock changing = new();
        private bool isRunning;
        private bool repeats;

        public ITimer Inner { private get; set; } = null!;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Run(dueTime >= TimeSpan.Zero, period > TimeSpan.Zero);
            return Inner.Change(dueTime, period);
        }

        public void Fired() => Run(repeats, repeats);

        public void Dispose()
        {
            Run(false, false);
            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Run(bool runs, bool again)
        {
            lock (changing)
            {
                Interlocked.Add(ref clock.running, Convert.ToInt32(runs) - Convert.ToInt32(isRunning));
                (isRunning, repeats) = (runs, again);
            }
        }
    }
}
