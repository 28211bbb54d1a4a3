namespace SignalBroker.Client;

/// <summary>A set of sequences, which mostly follow each other: a few ranges, however many they are.</summary>
internal sealed class SequenceSet
{
    // In their order, with a gap between each and the next.
    private readonly List<(long First, long Last)> ranges = [];

    /// <summary>The largest one; 0 when it is empty.</summary>
    public long Largest => ranges is [.., var range] ? range.Last : 0;

    /// <summary>Adds a sequence.</summary>
    /// <returns>Whether it was not there before.</returns>
    public bool Add(long sequence)
    {
        var place = PlaceOf(sequence);
        if (place < ranges.Count && ranges[place].First <= sequence)
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

    /// <summary>Whether a sequence is in it.</summary>
    public bool Contains(long sequence)
    {
        var place = PlaceOf(sequence);
        return place < ranges.Count && ranges[place].First <= sequence;
    }

    /// <summary>Takes all out.</summary>
    public void Clear() => ranges.Clear();

    /// <summary>Adds every sequence up to this one.</summary>
    public void AddThrough(long last)
    {
        if (last < 1)
        {
            return;
        }

        var place = PlaceOf(last);
        var end = place < ranges.Count && ranges[place].First <= last ? ranges[place++].Last : last;
        ranges.RemoveRange(0, place);
        ranges.Insert(0, (1, end));
        JoinNext(0);
    }

    // The first range that does not end before the sequence. What comes is mostly larger than all that came.
    private int PlaceOf(long sequence)
    {
        if (sequence > Largest)
        {
            return ranges.Count;
        }

        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = ranges[middle].Last < sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void JoinNext(int place)
    {
        if (place + 1 < ranges.Count && ranges[place].Last + 1 == ranges[place + 1].First)
        {
            ranges[place] = (ranges[place].First, ranges[place + 1].Last);
            ranges.RemoveAt(place + 1);
        }
    }
}
