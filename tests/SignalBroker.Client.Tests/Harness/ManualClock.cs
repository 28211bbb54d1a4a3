namespace SignalBroker.Client.Tests.Harness;

/// <summary>A clock that stands still until a test moves it, and then fires its timers in order.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock changing = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far ahead the time of day is that it shows.</summary>
    public TimeSpan Wrong { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now() + Wrong;

    public override long GetTimestamp() => Now().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits until so many timers run.</summary>
    public Task HasTimersAsync(int count) =>
        Task.Run(async () =>
        {
            while (Running() < count)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        });

    /// <summary>Moves on, from timer to timer.</summary>
    public void Advance(TimeSpan by)
    {
        var until = Now() + by;
        while (true)
        {
            Action fire;
            lock (changing)
            {
                if (timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due) is not { } next)
                {
                    now = until;
                    return;
                }

                now = next.Due!.Value > now ? next.Due.Value : now;
                next.Due = next.Period > TimeSpan.Zero ? now + next.Period : null;
                fire = next.Fire;
            }

            fire();
        }
    }

    private DateTimeOffset Now()
    {
        lock (changing)
        {
            return now;
        }
    }

    private int Running()
    {
        lock (changing)
        {
            return timers.Count(timer => timer.Due is not null);
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action fire) : ITimer
    {
        public Action Fire { get; } = fire;
        public DateTimeOffset? Due { get; set; }
        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.changing)
            {
                clock.timers.Remove(this);
                Due = dueTime < TimeSpan.Zero ? null : clock.now + dueTime;
                Period = period;
                clock.timers.Add(this);
            }

            return true;
        }

        public void Dispose()
        {
            lock (clock.changing)
            {
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
