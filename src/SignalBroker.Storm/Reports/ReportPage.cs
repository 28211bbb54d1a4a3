using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>The page that shows all loads of a run.</summary>
public static class ReportPage
{
    private static readonly Html Style = Html.Trusted(ReadStyle());

    public static Html Draw(IReadOnlyList<LoadReport> reports)
    {
        var title = reports is [var only] ? only.Title : "SignalBroker under load";
        return Html.Of(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title}</title>
            <style>{Style}</style>
            </head>
            <body>
            <header>
            <h1>{title}</h1>
            {Where(reports)}
            </header>
            {Contents(reports)}
            <main>
            {Html.Join(reports.Select((report, index) => Section(report, index, reports.Count > 1)))}</main>
            </body>
            </html>

            """
        );
    }

    private static Html Where(IReadOnlyList<LoadReport> reports)
    {
        if (reports.Count == 0)
        {
            return Html.Of($"<p>No load has run.</p>");
        }

        var began = reports.Min(report => report.StartedAt).ToUniversalTime();
        var machine = reports.Select(report => report.Machine).FirstOrDefault(known => known is not null);
        return Html.Of(
            $"""<p class="where">{began.ToString("yyyy-MM-dd HH:mm")} UTC{(machine is null ? "" : $" · {Describe(machine)}")}</p>"""
        );
    }

    private static string Describe(MachineReport machine) =>
        $"{machine.Cores} cores, {Quantity.Size(machine.MemoryMiB * 1024.0)}, {machine.System}, {machine.Runtime}";

    private static Html Contents(IReadOnlyList<LoadReport> reports) =>
        reports.Count < 2
            ? Html.Empty
            : Html.Of(
                $"""
                <nav aria-label="Loads"><div class="wide"><table>
                <thead><tr><th>load</th><th>took</th><th>sent</th><th>received</th><th>errors</th><th>lost</th></tr></thead>
                <tbody>{Html.Join(reports.Select(Row))}</tbody>
                </table></div></nav>

                """
            );

    private static Html Row(LoadReport report, int index)
    {
        var totals = report.Totals;
        return Html.Of(
            $"""<tr><th><a href="#load-{index + 1}">{report.Title}</a></th><td>{Quantity.Length(report.Seconds)}</td>{Html.ForEach(
                (long[])[totals.Sent, totals.Received, totals.Errors, totals.Lost],
                count => Html.Of($"<td>{Quantity.Count(count)}</td>")
            )}</tr>"""
        );
    }

    private static Html Section(LoadReport report, int index, bool several)
    {
        var plots = TimelinePlots.Of(report).Concat(LatencyPlots.Of(report)).ToArray();
        return Html.Of(
            $"""
            <section id="load-{index + 1}">
            {(several ? Html.Of($"<h2>{report.Title}</h2>") : Html.Empty)}
            <p class="how"><b class="phase {report.Phase}">{report.Phase}</b> <code>storm {report.Load}</code> {Took(
                report
            )}</p>
            {Tables.Options(report)}
            {KeyFigures.Draw(report)}
            {(
                plots.Length == 0
                    ? Html.Of($"<p class=\"none\">There is nothing to plot.</p>")
                    : Html.Of($"<div class=\"plots\">{Html.ForEach(plots, plot => plot.Draw())}</div>")
            )}
            {Tables.Latencies(report)}
            {PokesPart.Draw(report.Pokes)}
            {Tables.Errors(report)}
            </section>

            """
        );
    }

    private static string Took(LoadReport report)
    {
        var workers = report.Workers switch
        {
            0 => "",
            1 => ", one worker process",
            _ => $", {report.Workers} worker processes",
        };
        return $"{Quantity.Length(report.Seconds)}{workers}";
    }

    private static string ReadStyle()
    {
        using var resource = typeof(ReportPage).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
