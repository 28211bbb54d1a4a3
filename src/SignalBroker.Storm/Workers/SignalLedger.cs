namespace SignalBroker.Storm.Workers;

/// <summary>Knows of each signal whether it was confirmed and whether it has arrived; one byte for each.</summary>
internal sealed class SignalLedger
{
    private const int PageSize = 1 << 16;
    private const byte Confirmed = 1;
    private const byte Refused = 2;
    private const byte Arrived = 4;

    private readonly Lock writing = new();
    private readonly List<Page?> pages = [];
    private int next;

    /// <summary>Confirmed signals that have not arrived.</summary>
    public long Missing { get; private set; }

    /// <summary>Signals that are not answered yet.</summary>
    public long Open { get; private set; }

    /// <summary>The number of the next signal.</summary>
    public int Begin()
    {
        lock (writing)
        {
            if (next % PageSize == 0)
            {
                pages.Add(new());
            }

            Open++;
            return next++;
        }
    }

    /// <summary>The server has answered.</summary>
    public void Answered(int number, bool confirmed)
    {
        lock (writing)
        {
            Open--;
            var before = Mark(number, confirmed ? Confirmed : Refused);
            Missing += confirmed && (before & Arrived) == 0 ? 1 : 0;
        }
    }

    /// <summary>The addressee has it; false when it had arrived before, or was never sent.</summary>
    public bool HasArrived(int number)
    {
        lock (writing)
        {
            if (number < 0 || number >= next || pages[number / PageSize] is null)
            {
                return false;
            }

            var before = Mark(number, Arrived);
            Missing -= (before & (Arrived | Confirmed)) == Confirmed ? 1 : 0;
            return (before & Arrived) == 0;
        }
    }

    private byte Mark(int number, byte mark)
    {
        var index = number / PageSize;
        if (pages[index] is not { } page)
        {
            return mark;
        }

        ref var signal = ref page.Signals[number % PageSize];
        var before = signal;
        signal |= mark;
        // A page on which every signal has ended well is not needed any more.
        if (before != signal && signal == (Confirmed | Arrived) && ++page.Done == PageSize)
        {
            pages[index] = null;
        }

        return before;
    }

    private sealed class Page
    {
        public byte[] Signals { get; } = new byte[PageSize];
        public int Done { get; set; }
    }
}
