using System.Globalization;
using SignalBroker.Storm.Reports.Drawing;

namespace SignalBroker.Bench.Report;

/// <summary>Draws horizontal bars, each stacked of what it is made of, as an SVG file for a Markdown page.</summary>
public static class StackedBars
{
    private const int Width = 760;
    private const int LabelWidth = 170;
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
    /// <param name="bars">For each label its parts, by name.</param>
    public static string Draw(
        string title,
        IReadOnlyList<(string Label, IReadOnlyDictionary<string, double> Parts)> bars
    )
    {
        var names = bars.SelectMany(bar => bar.Parts.Keys).Distinct().ToList();
        var longest = bars.Max(bar => bar.Parts.Values.Sum());
        var perUnit = (Width - LabelWidth - 60) / Math.Max(longest, 1e-9);
        var height = Top + (bars.Count * RowHeight) + 8;
        return Html.Of(
                $"""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="system-ui, sans-serif" font-size="13">
                <rect width="{Width}" height="{height}" rx="8" fill="#ffffff"/>
                <text x="12" y="24" font-size="15" font-weight="600" fill="#222222">{title}</text>
                {Html.ForEach(names.Index(), name => Legend(name.Index, name.Item))}
                {Html.ForEach(bars.Index(), bar => Bar(bar.Index, bar.Item.Label, bar.Item.Parts, names, perUnit))}
                </svg>
                """
            )
            .ToString();
    }

    private static Html Legend(int number, string name) =>
        Html.Of(
            $"""
            <rect x="{12 + (number * 104)}" y="38" width="12" height="12" fill="{ColorOf(number)}"/>
            <text x="{29 + (number * 104)}" y="49" fill="#444444">{name}</text>
            """
        );

    private static Html Bar(
        int row,
        string label,
        IReadOnlyDictionary<string, double> parts,
        List<string> names,
        double perUnit
    )
    {
        var y = Top + (row * RowHeight);
        var x = (double)LabelWidth;
        var pieces = new List<Html>();
        foreach (var (name, value) in parts)
        {
            pieces.Add(
                Html.Of(
                    $"""
                    <rect x="{x}" y="{y}" width="{value * perUnit}" height="{BarHeight}" fill="{ColorOf(
                        names.IndexOf(name)
                    )}"><title>{name}: {value}</title></rect>
                    """
                )
            );
            x += value * perUnit;
        }

        var total = parts.Values.Sum().ToString("N0", CultureInfo.InvariantCulture);
        return Html.Of(
            $"""
            <text x="{LabelWidth - 8}" y="{y + 17}" text-anchor="end" fill="#222222">{label}</text>
            {Html.Join(pieces)}
            <text x="{x + 6}" y="{y + 17}" fill="#222222">{total}</text>
            """
        );
    }

    private static string ColorOf(int number) => Colors[number % Colors.Length];
}
