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
                {Html.Table(
                    "pokes",
                    ["type", "sent", "answered", "p50", "p99"],
                    new[] { ("unicast", pokes.Unicast), ("broadcast", pokes.Broadcast) }
                        .Where(type => type.Item2.Sent > 0)
                        .Select(type => Row(type.Item1, type.Item2))
                )}
                {Trees(pokes.Tree)}

                """
            );

    private static Html[] Row(string type, PokeCount count) =>
        [
            type,
            Quantity.Count(count.Sent),
            Quantity.Count(count.Answered),
            count.RoundTrip is { } half ? Quantity.Duration(half.P50) : "–",
            count.RoundTrip is { } most ? Quantity.Duration(most.P99) : "–",
        ];

    private static Html Trees(TreeCount trees)
    {
        if (trees.Started == 0)
        {
            return Html.Empty;
        }

        (string Outcome, long Count)[] outcomes =
        [
            ("complete", trees.Complete),
            ("partial", trees.Partial),
            ("failed", trees.Failed),
            ("not over yet", trees.Running),
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

    private static Html Broken(TreeCount trees)
    {
        if (trees.Broken.Count == 0)
        {
            return Html.Empty;
        }

        var more = trees.Partial + trees.Failed - trees.Broken.Count;
        var table = Html.Table(
            "broken",
            ["tree", "outcome", "answered", "missing pokes"],
            trees.Broken.Select(tree =>
                (Html[])
                    [
                        Html.Of($"<code>{tree.TreeId}</code>"),
                        tree.Outcome,
                        $"{tree.Answered} of {tree.Expected}",
                        Missing(tree.Missing),
                    ]
            )
        );
        return more > 0
            ? Html.Of($"""{table}<p class="remark">And {Quantity.Count(more)} more, before these.</p>""")
            : table;
    }

    private static Html Missing(IReadOnlyList<string> pokes) =>
        pokes.Count <= MaxMissing
            ? Codes(pokes)
            : Html.Of(
                $"{Codes(pokes.Take(MaxMissing))} <details><summary>and {pokes.Count - MaxMissing} more</summary>{Codes(pokes.Skip(MaxMissing))}</details>"
            );

    private static Html Codes(IEnumerable<string> pokes) =>
        Html.ForEach(pokes, poke => Html.Of($"<code>{poke}</code> "));
}
