using System.Runtime.CompilerServices;

namespace SignalBroker.Client.Listening;

/// <summary>One timer for the heart-beats of all listeners of a process.</summary>
internal sealed class Pulse
{
    private const int Slots = 64;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly ConditionalWeakTable<TimeProvider, Pulse> All = [];

    private readonly Lock changing = new();
    private readonly List<Listener>[] wheel = [.. Enumerable.Range(0, Slots).Select(_ => new List<Listener>())];
    private readonly ITimer timer;
    private List<Listener> beating = [];
    private int turn;
    private int members;

    private Pulse(TimeProvider time) =>
        timer = time.CreateTimer(_ => Beat(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public static Pulse Of(TimeProvider time) => All.GetValue(time, clock => new Pulse(clock));

    /// <summary>Calls a listener's <see cref="Listener.Beat"/> until it returns false.</summary>
    public void Add(Listener listener)
    {
        lock (changing)
        {
            // Spread out, so that they do not all wake the node at once.
            Place(listener, 1 + Random.Shared.Next(listener.BeatEvery));
            if (++members == 1)
            {
                timer.Change(Turn, Turn);
            }
        }
    }

    private void Beat()
    {
        List<Listener> now;
        lock (changing)
        {
            turn = (turn + 1) % Slots;
            now = wheel[turn];
            (wheel[turn], beating) = (beating, []);
        }

        foreach (var listener in now)
        {
            var stays = listener.Beat();
            lock (changing)
            {
                if (stays)
                {
                    Place(listener, listener.BeatEvery);
                }
                else if (--members == 0)
                {
                    timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            }
        }

        now.Clear();
        lock (changing)
        {
            beating = now;
        }
    }

    private void Place(Listener listener, int turns) => wheel[(turn + turns) % Slots].Add(listener);
}
