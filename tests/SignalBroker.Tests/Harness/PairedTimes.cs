using System.Diagnostics;
using System.Security.Cryptography;

namespace SignalBroker.Tests.Harness;

/// <summary>Tells two things apart by how long they take, as whoever guesses from outside would.</summary>
/// <remarks>
/// Pair after pair, both are measured in an order that a coin decides. If they differ in nothing, which of them takes longer is
/// decided by that coin as well, however busy the machine is and however it changes: a sign test. A score beyond
/// <see cref="Limit"/> then happens by chance once in 1.7 million. A shift turns the sign of half of the pairs that
/// differ by less than it, so measuring goes on until these are enough for the shift that is to be seen to score
/// <see cref="Enough"/>, or until there are as many as the test has time for; either depends on the sizes of the
/// differences and never on their signs. Of repeated measurements the shortest counts, which a busy machine disturbs least.
/// </remarks>
public sealed class PairedTimes
{
    /// <summary>The score, in standard deviations, from which on two things are not the same.</summary>
    public const double Limit = 5;

    /// <summary>The difference that is seen, unless another is named.</summary>
    public static readonly TimeSpan Visible = TimeSpan.FromMilliseconds(0.1);

    private const double Enough = 9.5;
    private const int Repeats = 4;
    private const int MinPairs = 100;
    private const int MaxPairs = 5_000;

    private readonly Lock adding = new();
    private readonly TimeSpan visible;
    private readonly int mostPairs;
    private int pairs;
    private int near;
    private int longer;
    private int shorter;

    private PairedTimes(TimeSpan visible, int mostPairs) => (this.visible, this.mostPairs) = (visible, mostPairs);

    /// <summary>How far the first one's being the longer one is from chance, in standard deviations.</summary>
    public double Score => (longer - shorter) / Math.Sqrt(Math.Max(1, longer + shorter));

    /// <summary>How the score came about, for failures.</summary>
    public override string ToString() =>
        $"{pairs} pairs, longer in {longer} and shorter in {shorter}, {near} within {visible.TotalMilliseconds} ms, score {Score:0.0}";

    /// <summary>Measures until a shift of <see cref="Visible"/> would be seen.</summary>
    public static Task<PairedTimes> CompareAsync(params (Func<Task> First, Func<Task> Second)[] lanes) =>
        CompareAsync(Visible, MaxPairs, lanes);

    /// <summary>Measures until a shift would be seen.</summary>
    /// <param name="visible">The shift.</param>
    /// <param name="mostPairs">How many pairs are measured at most. A busy machine hides the shift from so many.</param>
    /// <param name="lanes">Pairs of things of the same two kinds, which are measured side by side.</param>
    public static async Task<PairedTimes> CompareAsync(
        TimeSpan visible,
        int mostPairs,
        params (Func<Task> First, Func<Task> Second)[] lanes
    )
    {
        var times = new PairedTimes(visible, mostPairs);
        await Task.WhenAll(lanes.Select(lane => times.MeasureAsync(lane.First, lane.Second)));
        return times;
    }

    private async Task MeasureAsync(Func<Task> first, Func<Task> second)
    {
        while (!SeesEnough())
        {
            var isFirstFirst = RandomNumberGenerator.GetInt32(2) == 0;
            var (one, other) = isFirstFirst ? (first, second) : (second, first);
            var (ofOne, ofOther) = (await ShortestAsync(one), await ShortestAsync(other));
            Add(isFirstFirst ? ofOne - ofOther : ofOther - ofOne);
        }
    }

    private static async Task<long> ShortestAsync(Func<Task> doAsync)
    {
        var shortest = long.MaxValue;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var begun = Stopwatch.GetTimestamp();
            await doAsync();
            shortest = Math.Min(shortest, Stopwatch.GetTimestamp() - begun);
        }

        return shortest;
    }

    private bool SeesEnough()
    {
        lock (adding)
        {
            return pairs >= mostPairs || (pairs >= MinPairs && near / Math.Sqrt(pairs) >= Enough);
        }
    }

    private void Add(long difference)
    {
        lock (adding)
        {
            pairs++;
            near += Math.Abs(difference) < visible.TotalSeconds * Stopwatch.Frequency ? 1 : 0;
            longer += difference > 0 ? 1 : 0;
            shorter += difference < 0 ? 1 : 0;
        }
    }
}
