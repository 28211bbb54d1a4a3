using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>The tables below a load's plots.</summary>
public static class Tables
{
    /// <summary>Every latency with its percentiles.</summary>
    public static Html Latencies(LoadReport report) =>
        report.Latencies.Count == 0
            ? Html.Empty
            : Html.Of(
                $"""
                <h3>Latencies</h3>
                <div class="wide"><table>
                <thead><tr><th>what</th><th>count</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>longest</th></tr></thead>
                <tbody>{Html.ForEach(report.Latencies, latency => Row(latency.Key, latency.Value))}</tbody>
                </table></div>
                {Skew(report)}

                """
            );

    /// <summary>Every error by its code.</summary>
    public static Html Errors(LoadReport report)
    {
        if (report.Errors.Count == 0)
        {
            return Html.Of(
                $"""
                <h3>Errors</h3>
                <p class="none">{(report.Totals.Errors == 0 ? "None." : "Counted, but without a code.")}</p>

                """
            );
        }

        var all = Math.Max(1, report.Errors.Values.Sum());
        return Html.Of(
            $"""
            <h3>Errors</h3>
            <div class="wide"><table>
            <thead><tr><th>code</th><th>count</th><th>share</th></tr></thead>
            <tbody>{Html.ForEach(
                report.Errors.OrderByDescending(error => error.Value),
                error =>
                    Html.Of(
                        $"<tr><th><code>{error.Key}</code></th><td>{Quantity.Count(error.Value)}</td><td>{Quantity.Share(error.Value / (double)all)}</td></tr>"
                    )
            )}</tbody>
            </table></div>

            """
        );
    }

    /// <summary>The options that the load ran with.</summary>
    public static Html Options(LoadReport report) =>
        report.Options.Count == 0
            ? Html.Empty
            : Html.Of(
                $"""<dl class="options">{Html.ForEach(
                    report.Options,
                    option => Html.Of($"<div><dt>{option.Key}</dt><dd>{option.Value}</dd></div>")
                )}</dl>"""
            );

    private static Html Row(string name, LatencyReport latency) =>
        Html.Of(
            $"<tr><th>{Words.Split(name)}{(latency.Skewed ? " *" : "")}</th><td>{Quantity.Count(latency.Count)}</td>{Html.ForEach(
                (long[])[latency.P50, latency.P90, latency.P99, latency.P999, latency.Max],
                value => Html.Of($"<td>{(latency.Count == 0 ? "–" : Quantity.Duration(value))}</td>")
            )}</tr>"
        );

    private static Html Skew(LoadReport report) =>
        report.Latencies.Values.Any(latency => latency.Skewed)
            ? Html.Of(
                $"""<p class="remark">* Clocks of several machines went into it: it may be off by their difference.</p>"""
            )
            : Html.Empty;
}
