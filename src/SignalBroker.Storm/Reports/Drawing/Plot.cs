using System.Globalization;

namespace SignalBroker.Storm.Reports.Drawing;

/// <summary>Series of values at the same places of a horizontal axis, drawn as SVG.</summary>
/// <remarks>
/// Lines and areas are drawn in a square of 1000 that is stretched to the page; labels are placed by percentages beside
/// it, so that they have the page's font size however wide the plot is.
/// </remarks>
public sealed record Plot
{
    public required string Title { get; init; }

    /// <summary>What its values are, in a few words.</summary>
    public required string Note { get; init; }

    public required Axis X { get; init; }

    /// <summary>Makes the vertical axis for all values that are drawn.</summary>
    public required Func<IReadOnlyList<double>, Axis> Y { get; init; }

    /// <summary>Where the values lie on the horizontal axis, in ascending order.</summary>
    public required IReadOnlyList<double> Places { get; init; }

    /// <summary>One value for each place.</summary>
    public required IReadOnlyList<Series> Series { get; init; }

    /// <summary>Says in a tooltip which place it is about.</summary>
    public required Func<double, string> DescribePlace { get; init; }

    /// <summary>Writes a value in a tooltip.</summary>
    public required Func<double, string> Describe { get; init; }

    /// <summary>Stacks the series on each other, so that the topmost edge is their sum.</summary>
    public bool IsStacked { get; init; }

    /// <summary>Draws each value as wide as its place, as a histogram does.</summary>
    public bool IsStepped { get; init; }

    /// <summary>Whether any value is above 0.</summary>
    public bool HasValues => Series.Any(series => series.Values.Any(value => value > 0));

    /// <summary>Draws it with its title, its legend and its tooltips.</summary>
    public Html Draw()
    {
        var lines = Series.Select((series, index) => (Series: series, Points: PointsOf(index))).ToArray();
        var y = Y([.. lines.SelectMany(line => line.Points).OfType<Point>().Select(point => point.Top)]);
        return Html.Of(
            $"""
            <figure class="plot">
            <figcaption><h4>{Title}</h4><p>{Note}</p>{Legend()}</figcaption>
            <div class="canvas"><svg role="img" aria-label="{Title}">
            {Html.ForEach(y.Marks, DrawRow)}{Html.ForEach(X.Marks, DrawColumn)}
            <svg class="shapes" viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">
            {Html.ForEach(
                lines,
                line => Html.ForEach(SegmentsOf(line.Points), part => Draw(line.Series, part, y))
            )}</svg>
            {Html.ForEach(Enumerable.Range(0, Places.Count), DrawTooltip)}
            </svg></div>
            </figure>

            """
        );
    }

    private static Html DrawRow(AxisMark mark)
    {
        var y = 100 * (1 - mark.Position);
        return Html.Of(
            $"""<line class="grid" x1="0" x2="100%" y1="{y}%" y2="{y}%"/><text class="row" x="-8" y="{y}%" dy="0.35em">{mark.Label}</text>"""
        );
    }

    private static Html DrawColumn(AxisMark mark) =>
        Html.Of($"""<text class="column" x="{100 * mark.Position}%" y="100%" dy="1.6em">{mark.Label}</text>""");

    private Html Legend() =>
        Html.Of(
            $"""<ul class="legend">{Html.ForEach(
                Series,
                series => Html.Of($"""<li class="{series.Class}">{series.Name}</li>""")
            )}</ul>"""
        );

    // A single point is a line without length, of which its round ends are seen.
    private static Html Draw(Series series, List<Point> segment, Axis y)
    {
        var top = segment.Select(point => PlaceOf(point.X, point.Top));
        var bottom = segment.AsEnumerable().Reverse().Select(point => PlaceOf(point.X, point.Bottom));
        return (segment.Count, series.Style) switch
        {
            (1, _) => Html.Of($"""<path class="{series.Class} dot" d="M{string.Join('L', top)}h0"/>"""),
            (_, SeriesStyle.Area) => Html.Of(
                $"""<path class="{series.Class}" d="M{string.Join('L', top.Concat(bottom))}Z"/>"""
            ),
            _ => Html.Of($"""<path class="{series.Class}" d="M{string.Join('L', top)}"/>"""),
        };

        string PlaceOf(double x, double value) =>
            string.Create(CultureInfo.InvariantCulture, $"{1000 * x:0.#} {1000 * (1 - y.At(value)):0.#}");
    }

    private Html DrawTooltip(int index)
    {
        var (from, to) = SpanOf(index);
        var width = Math.Max(100 * (to - from), 0.1);
        return Html.Of(
            $"""<rect class="tip" x="{100 * from}%" width="{width}%" y="0" height="100%"><title>{Tooltip(index)}</title></rect>"""
        );
    }

    private string Tooltip(int index)
    {
        var values = Series
            .Select(series => (series.Name, Value: series.Values[index]))
            .Where(series => series.Value is not null)
            .Select(series => $"{series.Name} {Describe(series.Value!.Value)}");
        var sum = IsStacked ? [$"together {Describe(Series.Sum(series => series.Values[index] ?? 0))}"] : (string[])[];
        return string.Join('\n', [DescribePlace(Places[index]), .. values, .. sum]);
    }

    private List<Point?> PointsOf(int series) =>
        [
            .. Series[series]
                .Values.SelectMany(
                    (value, index) =>
                    {
                        var bottom = IsStacked ? Series.Take(series).Sum(lower => lower.Values[index] ?? 0) : 0;
                        var (from, to) = SpanOf(index);
                        return (IsStepped ? [from, to] : new[] { PositionOf(index) }).Select(x =>
                            value is null && !IsStacked ? null : new Point(x, bottom, bottom + (value ?? 0))
                        );
                    }
                ),
        ];

    // From the middle between a place and the one before it to the middle between it and the next.
    private (double From, double To) SpanOf(int index) =>
        ((PositionOf(index - 1) + PositionOf(index)) / 2, (PositionOf(index) + PositionOf(index + 1)) / 2);

    private double PositionOf(int index) => X.At(Places[Math.Clamp(index, 0, Places.Count - 1)]);

    // The runs of points without a gap.
    private static IEnumerable<List<Point>> SegmentsOf(IEnumerable<Point?> points)
    {
        List<Point> segment = [];
        foreach (var point in points.Append(null))
        {
            if (point is { } value)
            {
                segment.Add(value);
            }
            else if (segment.Count > 0)
            {
                yield return segment;
                segment = [];
            }
        }
    }

    /// <param name="X">The position, from 0 to 1.</param>
    private sealed record Point(double X, double Bottom, double Top);
}

/// <summary>One line or area of a plot.</summary>
/// <param name="Values">Null for a gap.</param>
/// <param name="Color">Which of the eight colors, from 0.</param>
public sealed record Series(string Name, IReadOnlyList<double?> Values, int Color, SeriesStyle Style = SeriesStyle.Line)
{
    /// <summary>How many colors there are.</summary>
    public const int Colors = 8;

    /// <summary>The style sheet's classes for it.</summary>
    public string Class =>
        $"c{Color % Colors} {(Style == SeriesStyle.Dashed ? "line dashed" : Style.ToString().ToLowerInvariant())}";
}

/// <summary>How a series is drawn.</summary>
public enum SeriesStyle
{
    Line,
    Dashed,
    Area,
}
