using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>The tables around a load's plots.</summary>
public static class Tables
{
    /// <summary>Every latency with its percentiles.</summary>
    public static Html Latencies(LoadReport report)
    {
        if (report.Latencies.Count == 0)
        {
            return Html.Empty;
        }

        var table = Html.Table(
            "latencies",
            ["what", "count", "p50", "p90", "p99", "p99.9", "longest"],
            report.Latencies.Select(latency =>
                (Html[])
                    [
                        Words.Split(latency.Key) + (latency.Value.Skewed ? " *" : ""),
                        Quantity.Count(latency.Value.Count),
                        .. latency.Value.Percentiles.Select(value =>
                            (Html)(latency.Value.Count == 0 ? "–" : Quantity.Duration(value))
                        ),
                    ]
            )
        );
        var remark = report.Latencies.Values.Any(latency => latency.Skewed)
            ? Html.Of(
                $"""<p class="remark">* Measured by the clocks of several machines: it may be off by their difference.</p>"""
            )
            : Html.Empty;
        return Html.Of($"<h3>Latencies</h3>{table}{remark}");
    }

    /// <summary>Every error by its code, the most frequent first.</summary>
    public static Html Errors(LoadReport report)
    {
        var all = (double)Math.Max(1, report.Errors.Values.Sum());
        var errors =
            report.Errors.Count > 0
                ? Html.Table(
                    "errors",
                    ["code", "count", "share"],
                    report
                        .Errors.OrderByDescending(error => error.Value)
                        .Select(error =>
                            (Html[])
                                [
                                    Html.Of($"<code>{error.Key}</code>"),
                                    Quantity.Count(error.Value),
                                    Quantity.Share(error.Value / all),
                                ]
                        )
                )
                : Html.Of(
                    $"""<p class="none">{(report.Totals.Errors == 0 ? "None." : "Counted, but without a code.")}</p>"""
                );
        return Html.Of($"<h3>Errors</h3>{errors}");
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
}
