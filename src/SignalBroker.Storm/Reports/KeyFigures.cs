using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>What one should know of a load at first glance.</summary>
public static class KeyFigures
{
    private const int MaxLatencies = 3;
    private const long MaxCount = 9_999_999;

    public static Html Draw(LoadReport report)
    {
        var counted = Counted(report).ToArray();
        var figures = report
            .Figures.Where(figure => counted.All(card => card.Label != figure.Name))
            .Select(figure =>
                figure.IsTrouble
                    ? Trouble((long)figure.Value, figure.Name)
                    : new Card(Quantity.Of(figure.Value, figure.Unit), figure.Name)
            );
        return Html.Of($"""<ul class="cards">{Html.ForEach(figures.Concat(counted), Draw)}</ul>""");
    }

    private static IEnumerable<Card> Counted(LoadReport report)
    {
        var totals = report.Totals;
        var listeners = report.Timeline.Select(tick => tick.Listening).Append(totals.Listening).Max();
        if (listeners > 0)
        {
            yield return new(Count(listeners), "listeners at once");
        }

        if (totals.Sent > 0)
        {
            yield return new(Count(totals.Sent), "signals sent", $"{Count(totals.Received)} received");
        }

        var latencies = report.Latencies.Where(entry => entry.Value.Count > 0);
        foreach (var (name, latency) in latencies.OrderByDescending(entry => entry.Value.Count).Take(MaxLatencies))
        {
            var p99 = $"p99 {Quantity.Duration(latency.P99)}";
            yield return new(Quantity.Duration(latency.P50), $"{Words.Split(name)}, median", p99);
        }

        yield return Trouble(totals.Errors, "errors");
        if (totals.Queued > 0)
        {
            yield return Trouble(totals.Lost, "signals lost");
        }

        if (listeners > 0)
        {
            yield return Trouble(totals.Dropped, "sockets dropped");
        }
    }

    private static Card Trouble(long count, string label) =>
        new(Count(count), label, Class: count == 0 ? "good" : "bad");

    private static string Count(long count) => count <= MaxCount ? Quantity.Count(count) : Quantity.Rounded(count);

    private static Html Draw(Card card) =>
        Html.Of(
            $"""
            <li class="{card.Class}"><strong>{card.Value}</strong><span>{card.Label}</span><small>{card.More}</small></li>

            """
        );

    private sealed record Card(string Value, string Label, string More = "", string Class = "");
}
