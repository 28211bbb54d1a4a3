using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Bench.Report;

/// <summary>Draws horizontal bars, each stacked of what it is made of, as an SVG file for a Markdown page.</summary>
public static class StackedBars
{
    private const int Width = 860;
    private const int LabelWidth = 270;
    private const int TotalWidth = 60;
    private const int BarHeight = 24;
    private const int RowHeight = 36;
    private const int Top = 64;

    // Okabe and Ito's colors, which are told apart by nearly everybody, on light pages and on dark ones.
    private static readonly string[] Colors =
    [
        "#0072b2",
        "#e69f00",
        "#009e73",
        "#cc79a7",
        "#56b4e9",
        "#d55e00",
        "#999999",
    ];

    /// <summary>Draws the chart.</summary>
    /// <param name="title">What the bars show, and in what.</param>
    /// <param name="bars">For each label its parts, by name; medians are drawn.</param>
    public static string Draw(string title, (string Label, IReadOnlyDictionary<string, Spread> Parts)[] bars)
    {
        var names = bars.SelectMany(bar => bar.Parts.Keys).Distinct().ToList();
        var longest = bars.Max(bar => bar.Parts.Values.Sum(part => part.Median));
        var perUnit = (Width - LabelWidth - TotalWidth) / Math.Max(longest, 1e-9);
        var height = Top + (bars.Length * RowHeight) + 8;
        return Html.Of(
                $"""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="system-ui, sans-serif" font-size="13">
                <rect width="{Width}" height="{height}" rx="8" fill="#ffffff"/>
                <text x="12" y="24" font-size="15" font-weight="600" fill="#222222">{title}</text>
                {Html.ForEach(names.Index(), name => Legend(name.Index, name.Item))}
                {Html.ForEach(bars.Index(), bar => Bar(bar.Index, bar.Item.Label, bar.Item.Parts))}
                </svg>
                """
            )
            .ToString();

        Html Bar(int row, string label, IReadOnlyDictionary<string, Spread> parts)
        {
            var (x, y) = ((double)LabelWidth, Top + (row * RowHeight));
            var pieces = Html.ForEach(
                parts,
                part =>
                {
                    var (from, width) = (x, part.Value.Median * perUnit);
                    x += width;
                    return Html.Of(
                        $"""
                        <rect x="{from}" y="{y}" width="{width}" height="{BarHeight}" fill="{ColorOf(
                            names.IndexOf(part.Key)
                        )}"><title>{part.Key}: {part.Value.Median}</title></rect>
                        """
                    );
                }
            );
            var total = Quantity.Count((long)Math.Round(parts.Values.Sum(part => part.Median)));
            return Html.Of(
                $"""
                <text x="{LabelWidth - 8}" y="{y + 17}" text-anchor="end" fill="#222222">{label}</text>
                {pieces}
                <text x="{x + 6}" y="{y + 17}" fill="#222222">{total}</text>
                """
            );
        }
    }

    private static Html Legend(int number, string name) =>
        Html.Of(
            $"""
            <rect x="{12 + (number * 104)}" y="38" width="12" height="12" fill="{ColorOf(number)}"/>
            <text x="{29 + (number * 104)}" y="49" fill="#444444">{name}</text>
            """
        );

    private static string ColorOf(int number) => Colors[number % Colors.Length];
}
