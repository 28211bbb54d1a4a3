using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>What became of the pokes and of their trees.</summary>
public static class PokesPart
{
    private const int MaxMissing = 8;

    public static Html Draw(PokeReport? pokes) =>
        pokes is null
            ? Html.Empty
            : Html.Of(
                $"""
                <h3>Pokes</h3>
                <div class="wide"><table>
                <thead><tr><th>type</th><th>sent</th><th>answered</th><th>p50</th><th>p99</th></tr></thead>
                <tbody>{Row("unicast", pokes.Unicast)}{Row("broadcast", pokes.Broadcast)}</tbody>
                </table></div>
                {Trees(pokes.Tree)}

                """
            );

    private static Html Row(string type, PokeCount count) =>
        count.Sent == 0
            ? Html.Empty
            : Html.Of(
                $"<tr><th>{type}</th><td>{Quantity.Count(count.Sent)}</td><td>{Quantity.Count(count.Answered)}</td><td>{Duration(count.RoundTrip?.P50)}</td><td>{Duration(count.RoundTrip?.P99)}</td></tr>"
            );

    private static Html Trees(TreeCount trees)
    {
        if (trees.Started == 0)
        {
            return Html.Empty;
        }

        var unfinished = Math.Max(0, trees.Started - trees.Complete - trees.Partial - trees.Failed);
        (string Outcome, long Count)[] outcomes =
        [
            ("complete", trees.Complete),
            ("partial", trees.Partial),
            ("failed", trees.Failed),
            ("not over yet", unfinished),
        ];
        var shown = outcomes.Where(outcome => outcome.Count > 0).ToArray();
        return Html.Of(
            $"""
            <h3>Trees of pokes</h3>
            <p>{Quantity.Count(trees.Started)} trees{Complete(trees)}.</p>
            <div class="outcomes">{Html.ForEach(
                shown,
                outcome => Html.Of($"""<i class="{outcome.Outcome}" style="flex-grow:{outcome.Count}"></i>""")
            )}</div>
            <ul class="legend outcomes-legend">{Html.ForEach(
                shown,
                outcome => Html.Of($"""<li class="{outcome.Outcome}">{Quantity.Count(outcome.Count)} {outcome.Outcome}</li>""")
            )}</ul>
            {Broken(trees)}

            """
        );
    }

    private static string Complete(TreeCount trees) =>
        trees.Duration is { Count: > 0 } duration
            ? $"; a complete one took {Quantity.Duration(duration.P50)} (median), {Quantity.Duration(duration.P99)} (p99), {Quantity.Duration(duration.Max)} (longest)"
            : "";

    private static Html Broken(TreeCount trees) =>
        trees.Broken.Count == 0
            ? Html.Empty
            : Html.Of(
                $"""
                <div class="wide"><table>
                <thead><tr><th>tree</th><th class="text">outcome</th><th>answered</th><th class="text">missing pokes</th></tr></thead>
                <tbody>{Html.ForEach(trees.Broken, Row)}</tbody>
                </table></div>
                {MoreBroken(trees)}

                """
            );

    private static Html Row(BrokenTree tree) =>
        Html.Of(
            $"<tr><th><code>{tree.TreeId}</code></th><td class=\"text short\">{tree.Outcome}</td><td>{tree.Answered} of {tree.Expected}</td><td class=\"text\">{Missing(tree.Missing)}</td></tr>"
        );

    private static Html Missing(IReadOnlyList<string> pokes) =>
        pokes.Count <= MaxMissing
            ? Codes(pokes)
            : Html.Of(
                $"{Codes(pokes.Take(MaxMissing))} <details><summary>and {pokes.Count - MaxMissing} more</summary>{Codes(pokes.Skip(MaxMissing))}</details>"
            );

    private static Html Codes(IEnumerable<string> pokes) =>
        Html.ForEach(pokes, poke => Html.Of($"<code>{poke}</code> "));

    private static Html MoreBroken(TreeCount trees)
    {
        var more = trees.Partial + trees.Failed - trees.Broken.Count;
        return more > 0
            ? Html.Of($"""<p class="remark">And {Quantity.Count(more)} more, before these.</p>""")
            : Html.Empty;
    }

    private static string Duration(long? microseconds) => microseconds is { } value ? Quantity.Duration(value) : "–";
}
