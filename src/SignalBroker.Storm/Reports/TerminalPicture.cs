using SignalBroker.Storm.Results;
using SignalBroker.Storm.Wording;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SignalBroker.Storm.Reports;

/// <summary>A load as a terminal shows it: readable from 60 columns on, and never wider than the terminal.</summary>
public static class TerminalPicture
{
    private const int BarWidth = 40;
    private const int MaxLatencies = 6;
    private const int MaxErrors = 6;

    public static IRenderable Draw(LoadReport report) => new Rows(Parts(report));

    private static IEnumerable<IRenderable> Parts(LoadReport report)
    {
        yield return Plain(report.Title, "bold");
        yield return Progress(report);
        yield return Text.Empty;
        yield return Counts(report);
        if (Words.Protocols(report.Protocols) is { Length: > 0 } protocols)
        {
            yield return Plain($"sessions: {protocols}");
        }

        if (report.Latencies.Count > 0)
        {
            yield return Latencies(report);
        }

        if (report.Pokes is { Tree: { Started: > 0 } trees })
        {
            yield return Plain(
                $"trees {trees.Started} begun: {trees.Complete} complete, {trees.Partial} partial, {trees.Failed} failed"
            );
        }

        if (report.Timeline is [.., { Cores.Count: > 0 } tick])
        {
            var cores = tick.Cores.OrderBy(process => process.Key, StringComparer.Ordinal);
            yield return Plain(
                $"busy cores: {string.Join(", ", cores.Select(process => $"{process.Key} {process.Value:0.00}"))}"
            );
        }

        if (report.Errors.Count > 0)
        {
            yield return Errors(report);
        }
    }

    private static Markup Progress(LoadReport report)
    {
        var color = report.Phase switch
        {
            "failed" => "red",
            "stopped" => "yellow",
            _ => "green",
        };
        var state = $"[{color}]{Escape(report.Load)} {Escape(report.Phase)}[/], {Quantity.Length(report.Seconds)}";
        if (report.Progress is not { } progress)
        {
            return new(state);
        }

        var done = (int)(TerminalLine.Done(progress) * BarWidth);
        var bar = $"[{color}]{new string('━', done)}[/][grey]{new string('─', BarWidth - done)}[/]";
        return new($"{bar} {TerminalLine.Percent(progress)}\n{state}");
    }

    private static Grid Counts(LoadReport report)
    {
        var totals = report.Totals;
        var tick = report.Timeline is [.., var last] ? last : new Tick { Second = 0 };
        var grid = new Grid();
        foreach (var alignment in "LRRLR")
        {
            var column = new GridColumn { NoWrap = true, Padding = new(0, 0, 3, 0) };
            grid.AddColumn(alignment == 'R' ? column.RightAligned() : column);
        }

        grid.AddRow("sent", Count(totals.Sent), Rate(tick.Sent), "listening", Count(totals.Listening));
        grid.AddRow("received", Count(totals.Received), Rate(tick.Received), "connects", Rate(tick.Connects));
        grid.AddRow("errors", Trouble(totals.Errors), Rate(tick.Errors), "dropped", Trouble(totals.Dropped));
        grid.AddRow("lost", Trouble(totals.Lost), "", "connected", Count(totals.Connected));
        return grid;
    }

    private static Table Latencies(LoadReport report)
    {
        var table = NewTable("latency", "count", "p50", "p90", "p99", "p99.9", "longest");
        var latencies = report.Latencies.OrderByDescending(entry => entry.Value.Count).Take(MaxLatencies);
        foreach (var (name, latency) in latencies)
        {
            table.AddRow([
                Plain(Words.Split(name) + (latency.Skewed ? " *" : "")),
                Plain(Count(latency.Count)),
                .. latency.Percentiles.Select(value => Plain(Quantity.Duration(value))),
            ]);
        }

        if (report.Latencies.Values.Any(latency => latency.Skewed))
        {
            table.Caption = new("* off by the difference of the clocks", new Style(decoration: Decoration.Dim));
        }

        return table;
    }

    private static Table Errors(LoadReport report)
    {
        var table = NewTable("error", "count");
        foreach (var (code, count) in report.Errors.OrderByDescending(error => error.Value).Take(MaxErrors))
        {
            table.AddRow(Plain(code), Plain(Count(count)));
        }

        if (report.Errors.Count > MaxErrors)
        {
            table.AddRow(Plain($"{report.Errors.Count - MaxErrors} more codes"), Text.Empty);
        }

        return table;
    }

    private static Table NewTable(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var (index, name) in columns.Index())
        {
            var column = new TableColumn(Plain(name, "dim")) { NoWrap = index > 0 };
            table.AddColumn(index > 0 ? column.RightAligned() : column);
        }

        return table;
    }

    private static string Count(long count) => Quantity.Count(count);

    private static string Rate(long perSecond) => $"{Count(perSecond)}/s";

    private static string Trouble(long count) => count == 0 ? "0" : $"[red]{Count(count)}[/]";

    private static Text Plain(string text, string style = "default") => new(Words.Printable(text), Style.Parse(style));

    private static string Escape(string text) => Words.Printable(text).EscapeMarkup();
}
