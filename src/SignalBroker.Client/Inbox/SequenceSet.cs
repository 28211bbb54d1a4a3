namespace SignalBroker.Client;

/// <summary>A set of sequences, kept as ranges: mostly they are consecutive, so that there are few.</summary>
internal sealed class SequenceSet
{
    private static readonly Comparer<(long First, long Last)> ByLast = Comparer<(long First, long Last)>.Create(
        (one, other) => one.Last.CompareTo(other.Last)
    );

    // In order, with a gap between each and the next.
    private readonly List<(long First, long Last)> ranges = [];

    /// <summary>The largest one; 0 when it is empty.</summary>
    public long Largest => ranges is [.., var range] ? range.Last : 0;

    /// <summary>Adds a sequence.</summary>
    /// <returns>Whether it was not there before.</returns>
    public bool Add(long sequence)
    {
        var place = PlaceOf(sequence);
        if (Holds(place, sequence))
        {
            return false;
        }

        ranges.Insert(place, (sequence, sequence));
        JoinNext(place);
        if (place > 0)
        {
            JoinNext(place - 1);
        }

        return true;
    }

    public bool Contains(long sequence) => Holds(PlaceOf(sequence), sequence);

    public void Clear() => ranges.Clear();

    /// <summary>Adds every sequence up to this one.</summary>
    public void AddThrough(long last)
    {
        if (last < 1)
        {
            return;
        }

        var place = PlaceOf(last);
        var end = Holds(place, last) ? ranges[place++].Last : last;
        ranges.RemoveRange(0, place);
        ranges.Insert(0, (1, end));
        JoinNext(0);
    }

    // The first range that does not end before the sequence. Most are larger than all that came before.
    private int PlaceOf(long sequence)
    {
        var place = sequence > Largest ? ~ranges.Count : ranges.BinarySearch((sequence, sequence), ByLast);
        return place < 0 ? ~place : place;
    }

    private bool Holds(int place, long sequence) => place < ranges.Count && ranges[place].First <= sequence;

    private void JoinNext(int place)
    {
        if (place + 1 < ranges.Count && ranges[place].Last + 1 == ranges[place + 1].First)
        {
            ranges[place] = (ranges[place].First, ranges[place + 1].Last);
            ranges.RemoveAt(place + 1);
        }
    }
}
