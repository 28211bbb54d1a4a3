using System.Xml.Linq;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>What the HTML report shows.</summary>
public sealed class HtmlReportTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("storm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string, LoadReport[]> Every =>
        new()
        {
            { "no load", [] },
            { "nothing measured", [Samples.Empty] },
            { "one second", [Samples.OneSecond] },
            { "a rate", [Samples.Exchange] },
            { "trees", [Samples.Pokes] },
            { "huge values", [Samples.Extreme] },
            { "broken values", [Samples.Broken] },
            { "several", [Samples.Empty, Samples.OneSecond, Samples.Exchange, Samples.Pokes, Samples.Extreme] },
        };

    [Theory]
    [MemberData(nameof(Every), DisableDiscoveryEnumeration = true)]
    public async Task Every_page_is_well_formed_and_draws_only_real_numbers(string what, LoadReport[] reports)
    {
        var page = await WriteAsync(reports);

        // Written so that a strict parser reads it too: an unescaped text or a forgotten end would not pass.
        var body = BodyOf(page);
        body.Descendants("section").Count().ShouldBe(reports.Length, what);
        var numbers = body.Descendants("svg")
            .DescendantsAndSelf()
            .SelectMany(element => element.Attributes())
            .Where(attribute =>
                attribute.Name.LocalName is "d" or "x" or "y" or "x1" or "x2" or "y1" or "y2" or "width"
            )
            .Select(attribute => attribute.Value)
            .ToArray();
        numbers.ShouldAllBe(number => !number.Contains("NaN") && !number.Contains('∞') && !number.Contains('E'));
    }

    [Fact]
    public async Task The_page_needs_nothing_but_itself()
    {
        var page = await WriteAsync([Samples.Exchange, Samples.Pokes]);

        page.ShouldNotContain("<script");
        page.ShouldNotContain("<link");
        page.ShouldNotContain("src=");
        page.ShouldNotContain("@import");
        page.ShouldNotContain("url(");
        page.ShouldContain("prefers-color-scheme: dark");
        page.ShouldContain("@media print");
    }

    [Fact]
    public async Task Foreign_text_is_shown_and_not_obeyed()
    {
        var page = await WriteAsync([Samples.Extreme]);

        var body = BodyOf(page);
        body.Descendants("script").ShouldBeEmpty();
        body.Descendants("img").ShouldBeEmpty();
        body.Descendants("h1").Single().Value.ShouldBe("<script>alert(1)</script> & ten hours of \"everything\"");
        body.Descendants("code").Select(code => code.Value).ShouldContain("<img src=x onerror=alert(1)>");
        body.Descendants("dd").Single().Value.ShouldEndWith("/<b>?a=1&b='2'");
    }

    [Fact]
    public async Task A_load_with_every_measurement_has_every_plot()
    {
        var body = BodyOf(await WriteAsync([Samples.Exchange]));

        body.Descendants("h4")
            .Select(title => title.Value)
            .ShouldBe([
                "Latency over time",
                "Throughput",
                "Connections",
                "Connects",
                "CPU per process",
                "Memory per process",
                "Latency by percentile",
                "Latency distribution",
            ]);
        body.Descendants("figure").ShouldAllBe(plot => plot.Descendants("path").Any());
    }

    [Fact]
    public async Task A_load_that_measured_nothing_has_no_empty_plots()
    {
        var body = BodyOf(await WriteAsync([Samples.Empty]));

        body.Descendants("figure").ShouldBeEmpty();
        body.Value.ShouldContain("There is nothing to plot.");
    }

    [Fact]
    public async Task A_single_second_is_drawn_as_points()
    {
        var body = BodyOf(await WriteAsync([Samples.OneSecond]));

        var overTime = body.Descendants("figure")
            .Where(plot => !plot.Element("figcaption")!.Value.Contains("Latency by"));
        var points = overTime.First().Descendants("path").ToArray();
        points.Length.ShouldBe(2);
        points.ShouldAllBe(point => point.Attribute("class")!.Value.EndsWith(" dot"));
    }

    [Fact]
    public async Task A_gap_in_what_was_measured_is_a_gap_in_the_line()
    {
        var timeline = Enumerable
            .Range(1, 9)
            .Select(second => new Tick { Second = second, P50 = second is 4 or 5 ? null : 1000 + second });

        var body = BodyOf(await WriteAsync([Samples.Empty with { Timeline = [.. timeline] }]));

        body.Descendants("path").Count().ShouldBe(2);
    }

    [Fact]
    public async Task The_cards_show_the_figures_with_their_units()
    {
        var body = BodyOf(await WriteAsync([Samples.Exchange]));

        var cards = body.Descendants("ul").First(list => list.Attribute("class")?.Value == "cards").Elements();
        var texts = cards.Select(card => $"{card.Element("strong")!.Value} {card.Element("span")!.Value}").ToArray();
        texts.ShouldContain("499/s signals per second");
        texts.ShouldContain("91.4 KiB memory per listener");
        texts.ShouldContain("139 µs broker CPU per signal");
        texts.ShouldContain("2,000 listeners at once");
        texts.ShouldContain("62 errors");
    }

    [Fact]
    public async Task A_figure_that_is_counted_anyway_is_shown_once()
    {
        var report = Samples.Exchange with { Figures = [new("signals lost", 2, "")] };

        var body = BodyOf(await WriteAsync([report]));

        body.Descendants("span").Count(label => label.Value == "signals lost").ShouldBe(1);
    }

    [Fact]
    public async Task Errors_are_listed_by_code_the_most_frequent_first()
    {
        var body = BodyOf(await WriteAsync([Samples.Exchange]));

        RowsBelow(body, "Errors")
            .ShouldBe(["unknown 44 70.97%", "rateLimited 16 25.81%", "socket closed: 1006 2 3.23%"]);
    }

    [Fact]
    public async Task Trees_are_shown_by_outcome_with_what_the_broken_ones_miss()
    {
        var body = BodyOf(await WriteAsync([Samples.Pokes]));

        body.Value.ShouldContain("93 complete");
        body.Value.ShouldContain("5 partial");
        body.Value.ShouldContain("1 failed");
        var rows = RowsBelow(body, "Trees of pokes");
        rows[0].ShouldBe("t-0042 partial 120 of 127 p-118 p-119 p-120 p-121");
        rows[1].ShouldContain("and 7 more");
        body.Value.ShouldContain("And 3 more, before these.");
    }

    [Fact]
    public async Task Several_loads_have_a_table_of_contents()
    {
        var body = BodyOf(await WriteAsync([Samples.Exchange, Samples.Pokes]));

        var links = body.Element("nav")!.Descendants("a").Select(link => link.Attribute("href")!.Value).ToArray();
        links.ShouldBe(["#load-1", "#load-2"]);
        body.Descendants("section").Select(section => $"#{section.Attribute("id")!.Value}").ShouldBe(links);
    }

    private async Task<string> WriteAsync(LoadReport[] reports)
    {
        var path = Path.Combine(folder, "report.html");
        await ReportPage.WriteAsync(reports, path);
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }

    private static XElement BodyOf(string page)
    {
        var start = page.IndexOf("<body>", StringComparison.Ordinal);
        var end = page.IndexOf("</body>", StringComparison.Ordinal) + "</body>".Length;
        return XElement.Parse(page[start..end], LoadOptions.PreserveWhitespace);
    }

    private static string[] RowsBelow(XElement body, string heading)
    {
        var title = body.Descendants("h3").Single(element => element.Value == heading);
        var table = title.ElementsAfterSelf().First(element => element.Descendants("tbody").Any());
        return
        [
            .. table
                .Descendants("tbody")
                .Elements("tr")
                .Select(row => string.Join(' ', row.Elements().Select(cell => cell.Value.Trim()))),
        ];
    }
}
