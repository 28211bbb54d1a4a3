using System.Globalization;
using System.Text;

namespace SignalBroker.Storm.Reports.Drawing;

/// <summary>Series over two axes, drawn as SVG.</summary>
/// <remarks>
/// Lines and areas are drawn in a square of 1000 that is stretched to the page; labels are placed by percentages beside
/// it, so that they have the page's font size however wide the plot is.
/// </remarks>
public sealed record Plot
{
    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What its values are, in a few words.</summary>
    public required string Note { get; init; }

    public required Axis X { get; init; }
    public required Axis Y { get; init; }
    public required IReadOnlyList<Series> Series { get; init; }

    /// <summary>What a pointer that rests on a part of the plot is told.</summary>
    public IReadOnlyList<Tip> Tips { get; init; } = [];

    /// <summary>Draws it with its title and its legend.</summary>
    public Html Draw() =>
        Html.Of(
            $"""
            <figure class="plot">
            <figcaption><h4>{Title}</h4><p>{Note}</p>{Legend()}</figcaption>
            <div class="canvas"><svg role="img" aria-label="{Title}">
            {Html.ForEach(Y.Marks, DrawRow)}{Html.ForEach(X.Marks, DrawColumn)}
            <svg class="shapes" viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">
            {Html.ForEach(Series, DrawShapes)}</svg>
            {Html.ForEach(Series, DrawSinglePoints)}{Html.ForEach(Tips, DrawTip)}
            </svg></div>
            </figure>

            """
        );

    private static Html DrawRow(AxisMark mark)
    {
        var y = 100 * (1 - mark.Position);
        return Html.Of(
            $"""<line class="grid" x1="0" x2="100%" y1="{y}%" y2="{y}%"/><text class="row" x="-8" y="{y}%" dy="0.35em">{mark.Label}</text>"""
        );
    }

    private static Html DrawColumn(AxisMark mark)
    {
        var x = 100 * mark.Position;
        return Html.Of(
            $"""<line class="tick" x1="{x}%" x2="{x}%" y1="100%" y2="100%"/><text class="column" x="{x}%" y="100%" dy="1.6em">{mark.Label}</text>"""
        );
    }

    private Html Legend() =>
        Html.Of(
            $"""<ul class="legend">{Html.ForEach(
                Series,
                series => Html.Of($"""<li class="{ClassOf(series)}">{series.Name}</li>""")
            )}</ul>"""
        );

    private Html DrawShapes(Series series) =>
        Html.ForEach(
            series.Segments().Where(segment => segment.Count > 1),
            segment => Html.Of($"""<path class="{ClassOf(series)}" d="{PathOf(segment, series.Style)}"/>""")
        );

    private Html DrawSinglePoints(Series series) =>
        Html.ForEach(
            series.Segments().Where(segment => segment.Count == 1).Select(segment => segment[0]),
            point =>
                Html.Of(
                    $"""<circle class="{ClassOf(series)}" cx="{100 * X.At(point.X)}%" cy="{100 * (1 - Y.At(point.Y!.Value))}%" r="4"/>"""
                )
        );

    private Html DrawTip(Tip tip)
    {
        var (from, to) = (100 * X.At(tip.From), 100 * X.At(tip.To));
        return Html.Of(
            $"""<rect class="tip" x="{from}%" width="{Math.Max(to - from, 0.1)}%" y="0" height="100%"><title>{tip.Text}</title></rect>"""
        );
    }

    private string PathOf(IReadOnlyList<Point> segment, SeriesStyle style)
    {
        var path = new StringBuilder();
        foreach (var point in segment)
        {
            Append(path, point.X, point.Y!.Value);
        }

        if (style == SeriesStyle.Area)
        {
            foreach (var point in segment.Reverse())
            {
                Append(path, point.X, point.Base);
            }

            path.Append('Z');
        }

        return path.ToString();
    }

    private void Append(StringBuilder path, double x, double y) =>
        path.Append(
            CultureInfo.InvariantCulture,
            $"{(path.Length == 0 ? 'M' : 'L')}{1000 * X.At(x):0.#} {1000 * (1 - Y.At(y)):0.#}"
        );

    private static string ClassOf(Series series) =>
        $"c{series.Color % Drawing.Series.Colors} {series.Style switch
        {
            SeriesStyle.Area => "area",
            SeriesStyle.Dashed => "line dashed",
            _ => "line",
        }}";
}

/// <summary>What is told of a part of a plot.</summary>
/// <param name="From">Where the part begins, as a value of the horizontal axis.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Text">The text; it may have several lines.</param>
public sealed record Tip(double From, double To, string Text);
