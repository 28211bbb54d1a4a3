using System.Text.Json;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Tests.Harness;

namespace SignalBroker.Storm.Tests.Loads;

/// <summary>Loads as a user runs them, against real servers.</summary>
[Collection<OneWebappTests>]
public sealed class LoadTests(OneWebapp webapp) : IDisposable
{
    private readonly TestFolder folder = new();

    [Fact]
    public async Task A_tree_of_64_leaves_is_complete_with_127_pokes()
    {
        var report = await RunAsync("poke", "--clients", "20", "--trees", "1", "--leaves", "64");

        report.Pokes!.Tree.Complete.ShouldBe(1);
        report.Latencies["roundTrip"].Count.ShouldBe(127);
        report.Totals.Received.ShouldBe(2 * 127);
        report.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_broadcast_reaches_every_client()
    {
        var report = await RunAsync("poke", "--type", "broadcast", "--clients", "20", "--broadcasts", "2");

        report.Pokes!.Broadcast.Answered.ShouldBe(40);
    }

    [Theory]
    [InlineData("48")]
    [InlineData("3")]
    public async Task A_tree_whose_leaves_are_not_a_power_of_two_is_refused(string leaves)
    {
        var result = await StormProcess.RunAsync("poke", "--url", webapp.Url.ToString(), "--leaves", leaves);

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("power of two");
        result.Errors.Trim().Split('\n').ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Every_signal_of_an_exchange_arrives_and_is_in_the_log()
    {
        var log = folder["received.jsonl"];
        var report = await RunAsync("exchange", "--clients", "10", "--rate", "50", "--duration", "2s", "--log", log);

        report.Totals.Queued.ShouldBeGreaterThan(50);
        report.Totals.Received.ShouldBe(report.Totals.Queued);
        report.Totals.Lost.ShouldBe(0);
        var lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        lines.LongLength.ShouldBe(report.Totals.Received);
        lines.ShouldAllBe(line => IsReceived(line));
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("churn", "--stay", "0.2s", "--away", "0.1s")]
    [InlineData("reconnect")]
    [InlineData("soak", "--rate", "20")]
    [InlineData("exchange", "--burst", "30", "--every", "1s")]
    [InlineData("exchange", "--saturate")]
    public async Task A_load_ends_well_with_two_workers(params string[] load)
    {
        var report = await RunAsync([.. load, "--clients", "20", "--duration", "1s", "--workers", "2"]);

        report.Phase.ShouldBe("done");
        report.Workers.ShouldBe(2);
        report.Errors.ShouldBeEmpty();
        report.Totals.Connected.ShouldBeGreaterThanOrEqualTo(20);
    }

    [Fact]
    public async Task All_sockets_of_a_node_come_back()
    {
        var report = await RunAsync("reconnect", "--clients", "30", "--duration", "1s");

        report.Figures.Single(figure => figure.Name == "sockets cut").Value.ShouldBe(30);
        report.Latencies["reconnect"].Count.ShouldBe(30);
        report.Totals.Listening.ShouldBe(30);
    }

    [Theory]
    [InlineData("stomp")]
    [InlineData("sse")]
    public async Task Clients_listen_by_the_protocol_that_is_asked_for_and_the_report_says_it(string protocol)
    {
        var report = await RunAsync("reconnect", "--clients", "10", "--duration", "1s", "--protocol", protocol);

        report.Options["--protocol"].ShouldBe(protocol);
        report.Protocols.ShouldHaveSingleItem().ShouldBe(new(protocol, 20));
        report.Latencies["reconnect"].Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_protocol_that_nobody_speaks_is_refused()
    {
        var result = await StormProcess.RunAsync("connect", "--url", webapp.Url.ToString(), "--protocol", "amqp");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("--protocol takes mqtt, stomp or sse, not 'amqp'.");
    }

    public void Dispose() => folder.Dispose();

    private static bool IsReceived(string line)
    {
        var entry = JsonDocument.Parse(line).RootElement;
        return entry.TryGetProperty("time", out _)
            && entry.TryGetProperty("client", out var client)
            && entry.GetProperty("envelope").GetProperty("to").GetString() == client.GetString();
    }

    private async Task<LoadReport> RunAsync(params string[] arguments)
    {
        var json = folder["report.json"];
        var result = await StormProcess.RunAsync([
            .. arguments,
            "--url",
            webapp.Url.ToString(),
            "--json",
            json,
            "--quiet",
        ]);
        result.Errors.ShouldBeEmpty();
        result.ExitCode.ShouldBe(0);
        return (await JsonReport.ReadAsync(json)).ShouldHaveSingleItem();
    }
}
