using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Reports.Drawing;

/// <summary>One line or area of a plot.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">In ascending order; a point without a value is a gap.</param>
/// <param name="Color">Which of the eight colors, from 0.</param>
/// <param name="Style">How it is drawn.</param>
public sealed record Series(string Name, IReadOnlyList<Point> Points, int Color, SeriesStyle Style = SeriesStyle.Line)
{
    /// <summary>How many colors there are.</summary>
    public const int Colors = 8;

    /// <summary>The runs of points without a gap.</summary>
    public IEnumerable<IReadOnlyList<Point>> Segments()
    {
        List<Point> segment = [];
        foreach (var point in Points)
        {
            if (point.Y is { } value && double.IsFinite(value))
            {
                segment.Add(point);
            }
            else if (segment.Count > 0)
            {
                yield return segment;
                segment = [];
            }
        }

        if (segment.Count > 0)
        {
            yield return segment;
        }
    }
}

/// <summary>A value, or a gap.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">How much; null for a gap.</param>
/// <param name="Base">What an area begins at.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Point(double X, double? Y, double Base = 0);

/// <summary>How a series is drawn.</summary>
public enum SeriesStyle
{
    Line,
    Dashed,
    Area,
}
