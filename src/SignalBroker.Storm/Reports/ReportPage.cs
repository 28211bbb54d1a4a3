using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Reports;

/// <summary>The page that shows all loads of a run; it needs no other file.</summary>
public static class ReportPage
{
    private static readonly Html Style = Html.Trusted(ReadStyle());

    /// <summary>Writes the page, over what was there.</summary>
    /// <param name="title">What it is called; by default after its only load.</param>
    /// <param name="part">What each report is of: a load, or one act of it.</param>
    public static Task WriteAsync(
        IReadOnlyList<LoadReport> reports,
        string path,
        string? title = null,
        string part = "load"
    ) => File.WriteAllTextAsync(path, Draw(reports, title, part).ToString());

    public static Html Draw(IReadOnlyList<LoadReport> reports, string? title = null, string part = "load")
    {
        title ??= reports is [var only] ? only.Title : "SignalBroker under load";
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
            <p class="where">{Where(reports)}</p>
            </header>
            {Contents(reports, part)}
            <main>
            {Html.ForEach(reports.Index(), load => Section(load.Item, load.Index, reports.Count > 1))}</main>
            </body>
            </html>

            """
        );
    }

    private static string Where(IReadOnlyList<LoadReport> reports)
    {
        if (reports.Count == 0)
        {
            return "No load has run.";
        }

        var began = $"{reports.Min(report => report.StartedAt).ToUniversalTime():yyyy-MM-dd HH:mm} UTC";
        return reports.Select(report => report.Machine).OfType<MachineReport>().FirstOrDefault() is { } machine
            ? $"{began} · {machine.Cores} cores, {Quantity.Size(machine.MemoryMiB * 1024.0)}, {machine.System}, {machine.Runtime}"
            : began;
    }

    private static Html Contents(IReadOnlyList<LoadReport> reports, string part) =>
        reports.Count < 2
            ? Html.Empty
            : Html.Of(
                $"""<nav aria-label="Contents">{Html.Table(
                "loads",
                [part, "took", "sent", "received", "errors", "lost"],
                reports.Select(
                    (report, index) =>
                        (Html[])
                            [
                                Html.Of($"""<a href="#load-{index + 1}">{report.Title}</a>"""),
                                Quantity.Length(report.Seconds),
                                Quantity.Count(report.Totals.Sent),
                                Quantity.Count(report.Totals.Received),
                                Quantity.Count(report.Totals.Errors),
                                Quantity.Count(report.Totals.Lost),
                            ]
                )
            )}</nav>"""
            );

    private static Html Section(LoadReport report, int index, bool hasHeading)
    {
        var plots = TimelinePlots.Of(report).Concat(LatencyPlots.Of(report)).ToArray();
        var workers = report.Workers switch
        {
            0 => "",
            1 => ", one worker process",
            _ => $", {report.Workers} worker processes",
        };
        var protocols = Words.Protocols(report.Protocols) is { Length: > 0 } sessions ? $", sessions: {sessions}" : "";
        return Html.Of(
            $"""
            <section id="load-{index + 1}">
            {(hasHeading ? Html.Of($"<h2>{report.Title}</h2>") : Html.Empty)}
            <p class="how"><b class="phase {report.Phase}">{report.Phase}</b> {Command(report)} {Quantity.Length(report.Seconds)}{workers}{protocols}</p>
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

    private static Html Command(LoadReport report) =>
        report.Load == LoadReport.Rollout ? Html.Empty : Html.Of($"<code>storm {report.Load}</code>");

    private static string ReadStyle()
    {
        using var resource = typeof(ReportPage).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
