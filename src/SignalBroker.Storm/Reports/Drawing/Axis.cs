using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports.Drawing;

/// <summary>Maps the values of one direction of a plot to positions, and marks round ones.</summary>
public sealed class Axis
{
    private const double RoundingError = 1e-9;
    private static readonly int[] RoundDigits = [1, 2, 5, 10];

    private readonly Func<double, double> scale;
    private readonly double from;
    private readonly double to;

    private Axis(
        double from,
        double to,
        IEnumerable<double> marks,
        Func<double, string> label,
        Func<double, double>? scale = null
    )
    {
        this.scale = scale ?? (value => value);
        this.from = this.scale(from);
        this.to = this.scale(to);
        Marks = [.. marks.Select(mark => new AxisMark(At(mark), mark == 0 ? "0" : label(mark)))];
    }

    /// <summary>The round values that are marked, in ascending order.</summary>
    public IReadOnlyList<AxisMark> Marks { get; }

    /// <summary>The position of a value: 0 at the beginning, 1 at the end; values outside the axis lie at its edge.</summary>
    public double At(double value) => Math.Clamp((scale(value) - from) / (to - from), 0, 1);

    /// <summary>From 0 to at least this value, in steps of 1, 2 or 5 times a power of ten of its unit.</summary>
    public static Axis Linear(double max, Func<double, string> label, double smallestStep = 0, double unit = 1)
    {
        var highest = double.IsFinite(max) && max > 0 ? max : unit;
        var step = Math.Max(RoundUp(highest / unit / 4), smallestStep) * unit;
        var steps = (int)Math.Ceiling((highest / step) - RoundingError);
        return new(0, steps * step, Enumerable.Range(0, steps + 1).Select(index => index * step), label);
    }

    /// <summary>From the round value below <paramref name="min"/> to the one above <paramref name="max"/>, by powers of ten.</summary>
    public static Axis Logarithmic(double min, double max, Func<double, string> label)
    {
        var lowest = RoundDown(Math.Max(min, 1e-9));
        var highest = RoundUp(Math.Max(max, lowest * 2));
        var decades = Math.Log10(highest / lowest);
        var marks = RoundValues(lowest, highest)
            .Where(mark => decades <= 2.5 || IsPowerOfTen(mark))
            .Where(mark => decades <= 7 || (int)Math.Round(Math.Log10(mark)) % 2 == 0);
        return new(lowest, highest, marks, label, Math.Log10);
    }

    /// <summary>Durations in µs: linear if they are of one magnitude, logarithmic otherwise.</summary>
    public static Axis Duration(IReadOnlyList<double> microseconds)
    {
        var positive = microseconds.Where(value => value > 0).DefaultIfEmpty().ToArray();
        return positive.Max() > positive.Min() * 30
            ? Logarithmic(positive.Min(), positive.Max(), Quantity.Duration)
            : Linear(positive.Max(), Quantity.Duration);
    }

    /// <summary>The seconds of a run.</summary>
    public static Axis Time(double seconds)
    {
        int[] steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
        var end = Math.Max(1, seconds);
        var step = steps.FirstOrDefault(step => end / step <= 6, (int)Math.Ceiling(end / 6 / 86400) * 86400);
        var marks = Enumerable.Range(0, (int)(end / step) + 1).Select(index => index * (double)step);
        return new(0, end, marks, second => TimeLabel(second, step, end));
    }

    /// <summary>Shares from 0 to nearly 1; each further nine (90 %, 99 %, 99.9 %, …) has the same length.</summary>
    public static Axis Nines(int nines)
    {
        var marks = Enumerable.Range(1, nines).Select(count => ShareOfNines(count)).Prepend(0.5);
        return new(0, ShareOfNines(nines), marks, ShareLabel, share => -Math.Log10(Math.Max(1 - share, 1e-9)));
    }

    /// <summary>0.9 for one nine, 0.99 for two, …; fractions of a nine lie in between.</summary>
    public static double ShareOfNines(double nines) => 1 - Math.Pow(10, -nines);

    private static string ShareLabel(double share) => $"{Math.Round(share * 100, 5):0.#####}%";

    private static string TimeLabel(double second, int step, double end)
    {
        var time = TimeSpan.FromSeconds(second);
        return step switch
        {
            >= 3600 => $"{time.TotalHours:0} h",
            >= 60 when end > 7200 => $"{(int)time.TotalHours}:{time.Minutes:00} h",
            >= 60 => $"{time.TotalMinutes:0} min",
            _ when end > 120 => $"{(int)time.TotalMinutes}:{time.Seconds:00}",
            _ => $"{second:0} s",
        };
    }

    private static double RoundUp(double value) =>
        PowerBelow(value) * RoundDigits.First(digit => digit >= (value / PowerBelow(value)) - RoundingError);

    private static double RoundDown(double value) =>
        PowerBelow(value) * RoundDigits.Last(digit => digit <= (value / PowerBelow(value)) + RoundingError);

    private static double PowerBelow(double value) => Math.Pow(10, Math.Floor(Math.Log10(value)));

    private static IEnumerable<double> RoundValues(double lowest, double highest)
    {
        for (var value = lowest; value <= highest * (1 + RoundingError); value = RoundUp(value * 1.5))
        {
            yield return value;
        }
    }

    private static bool IsPowerOfTen(double value) =>
        Math.Abs(Math.Log10(value) - Math.Round(Math.Log10(value))) < 1e-6;
}

/// <summary>A marked value of an axis.</summary>
/// <param name="Position">From 0 to 1.</param>
/// <param name="Label">The value with its unit.</param>
public sealed record AxisMark(double Position, string Label);
