using System.Text.Json;
using SignalBroker.Storm.Reports;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>The file for other programs.</summary>
public sealed class JsonReportTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(path);

    [Fact]
    public async Task Reports_come_back_as_they_were()
    {
        await JsonReport.WriteAsync([Samples.Empty, Samples.Exchange, Samples.Pokes], path);

        var read = await JsonReport.ReadAsync(path);

        read.Select(report => report.Title)
            .ShouldBe([Samples.Empty.Title, Samples.Exchange.Title, Samples.Pokes.Title]);
        var written = await File.ReadAllTextAsync(path, Token);
        await JsonReport.WriteAsync(read, path);
        (await File.ReadAllTextAsync(path, Token)).ShouldBe(written);
    }

    [Fact]
    public async Task Names_are_camel_case_and_every_part_is_there()
    {
        await JsonReport.WriteAsync([Samples.Pokes], path);

        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(path, Token));
        var report = file.RootElement.GetProperty("reports")[0];
        report.GetProperty("startedAt").GetDateTimeOffset().ShouldBe(Samples.Pokes.StartedAt);
        report.GetProperty("options").GetProperty("--leaves").GetString().ShouldBe("64");
        report.GetProperty("machine").GetProperty("memoryMiB").GetInt64().ShouldBe(24_100);
        report.GetProperty("totals").GetProperty("queued").GetInt64().ShouldBe(12_400);
        report.GetProperty("timeline").GetArrayLength().ShouldBe(42);
        report.GetProperty("timeline")[10].GetProperty("cores").GetProperty("postgres").GetDouble().ShouldBe(0.03);
        var delay = report.GetProperty("latencies").GetProperty("delay");
        delay.GetProperty("skewed").GetBoolean().ShouldBeTrue();
        delay.GetProperty("p999").GetInt64().ShouldBe(Samples.Pokes.Latencies["delay"].P999);
        delay
            .GetProperty("buckets")
            .EnumerateArray()
            .Sum(bucket => bucket.GetProperty("count").GetInt64())
            .ShouldBe(12_400);
        var tree = report.GetProperty("pokes").GetProperty("tree").GetProperty("broken")[0];
        tree.GetProperty("missing").GetArrayLength().ShouldBe(4);
    }

    [Fact]
    public async Task A_figure_that_is_not_a_number_does_not_spoil_the_report()
    {
        await JsonReport.WriteAsync([Samples.Broken], path);

        double.IsNaN((await JsonReport.ReadAsync(path))[0].Figures[0].Value).ShouldBeTrue();
    }

    [Fact]
    public async Task A_longer_file_is_replaced_as_a_whole()
    {
        await JsonReport.WriteAsync([Samples.Exchange], path);
        await JsonReport.WriteAsync([], path);

        (await JsonReport.ReadAsync(path)).ShouldBeEmpty();
    }
}
