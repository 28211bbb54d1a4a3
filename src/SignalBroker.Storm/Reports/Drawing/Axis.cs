using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports.Drawing;

/// <summary>Where the values of one direction lie in a plot, and which of them are marked.</summary>
public sealed class Axis
{
    private static readonly double[] TimeSteps =
    [
        1,
        2,
        5,
        10,
        15,
        30,
        60,
        120,
        300,
        600,
        900,
        1800,
        3600,
        7200,
        10800,
        21600,
        43200,
        86400,
    ];

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

    /// <summary>Where a value lies: 0 at the beginning, 1 at the end; what is outside lies at the edge.</summary>
    public double At(double value) => Math.Clamp((scale(value) - from) / (to - from), 0, 1);

    /// <summary>From 0 to at least this value, in steps of 1, 2 or 5 times a power of ten of its unit.</summary>
    public static Axis Linear(double max, Func<double, string> label, double smallestStep = 0, double unit = 1)
    {
        var highest = double.IsFinite(max) && max > 0 ? max : unit;
        var step = Math.Max(RoundUp(highest / unit / 4), smallestStep) * unit;
        var steps = (int)Math.Ceiling((highest / step) - 1e-9);
        return new(0, steps * step, Enumerable.Range(0, steps + 1).Select(index => index * step), label);
    }

    /// <summary>From the round value below the one to the round value above the other; each power of ten has the same length.</summary>
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

    /// <summary>Durations in µs: in equal steps if they are of one magnitude, or else logarithmic.</summary>
    public static Axis Duration(IReadOnlyCollection<double> microseconds)
    {
        var positive = microseconds.Where(value => value > 0).ToArray();
        return positive.Length > 0 && positive.Max() > positive.Min() * 30
            ? Logarithmic(positive.Min(), positive.Max(), Quantity.Duration)
            : Linear(positive.DefaultIfEmpty().Max(), Quantity.Duration);
    }

    /// <summary>The seconds of a run.</summary>
    public static Axis Time(double seconds)
    {
        var end = Math.Max(1, seconds);
        var step = TimeSteps.FirstOrDefault(candidate => end / candidate <= 6, Math.Ceiling(end / 6 / 86400) * 86400);
        var marks = Enumerable.Range(0, (int)(end / step) + 1).Select(index => index * step);
        return new(0, end, marks, second => TimeLabel(second, step, end));
    }

    /// <summary>Shares from 0 to nearly 1; each further nine (90 %, 99 %, 99.9 %, …) has the same length.</summary>
    public static Axis Nines(int nines)
    {
        var last = Math.Clamp(nines, 1, 7);
        var marks = Enumerable.Range(1, last).Select(ShareOfNines).Prepend(0.5);
        return new(0, ShareOfNines(last), marks, ShareLabel, share => -Math.Log10(Math.Max(1 - share, 1e-9)));
    }

    /// <summary>0.9 for one nine, 0.99 for two, …</summary>
    public static double ShareOfNines(int nines) => 1 - Math.Pow(10, -nines);

    private static string ShareLabel(double share) => $"{Math.Round(share * 100, 5):0.#####}%";

    private static string TimeLabel(double second, double step, double end)
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

    private static double RoundUp(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        var leading = value / power;
        return power
            * leading switch
            {
                <= 1 + 1e-9 => 1,
                <= 2 + 1e-9 => 2,
                <= 5 + 1e-9 => 5,
                _ => 10,
            };
    }

    private static double RoundDown(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        var leading = value / power;
        return power
            * leading switch
            {
                >= 5 - 1e-9 => 5,
                >= 2 - 1e-9 => 2,
                _ => 1,
            };
    }

    private static IEnumerable<double> RoundValues(double lowest, double highest)
    {
        for (var value = lowest; value <= highest * (1 + 1e-9); value = RoundUp(value * 1.5))
        {
            yield return value;
        }
    }

    private static bool IsPowerOfTen(double value) =>
        Math.Abs(Math.Log10(value) - Math.Round(Math.Log10(value))) < 1e-6;
}

/// <summary>A marked value of an axis.</summary>
/// <param name="Position">Where it lies, from 0 to 1.</param>
/// <param name="Label">The value with its unit.</param>
public sealed record AxisMark(double Position, string Label);
