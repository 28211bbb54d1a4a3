using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Tests.Harness;

namespace SignalBroker.Storm.Tests.Loads;

/// <summary>What a load leaves behind: nothing, however it ends.</summary>
[Collection<OneWebappTests>]
public sealed class EndingTests(OneWebapp webapp) : IDisposable
{
    private readonly TestFolder folder = new();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_load_cleanly(string signal)
    {
        using var storm = Start();
        var workers = await WorkersOfAsync(storm);
        await Eventually.HoldsAsync(async () => (await QueuesAsync()).ShouldBe(20));

        await storm.SignalAsync(signal);
        var result = await storm.EndAsync();

        result.ExitCode.ShouldBe(130);
        (await JsonReport.ReadAsync(folder["report.json"])).ShouldHaveSingleItem().Phase.ShouldBe("stopped");
        workers.ShouldAllBe(worker => !StormProcess.IsAlive(worker));
        await Eventually.HoldsAsync(async () => (await QueuesAsync()).ShouldBe(0));
    }

    [Fact]
    public async Task Killing_it_leaves_no_worker()
    {
        using var storm = Start();
        var workers = await WorkersOfAsync(storm);

        await storm.SignalAsync("KILL");

        await Eventually.HoldsAsync(() => workers.ShouldAllBe(worker => !StormProcess.IsAlive(worker)));
        await Eventually.HoldsAsync(async () => (await QueuesAsync()).ShouldBe(0));
    }

    [Fact]
    public async Task A_killed_worker_fails_the_load_and_leaves_nothing()
    {
        using var storm = Start();
        var workers = await WorkersOfAsync(storm);

        await StormProcess.SignalAsync("KILL", workers[0]);
        var result = await storm.EndAsync();

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("ended unexpectedly");
        (await JsonReport.ReadAsync(folder["report.json"])).ShouldHaveSingleItem().Phase.ShouldBe("failed");
        workers.ShouldAllBe(worker => !StormProcess.IsAlive(worker));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_in_one_line()
    {
        var result = await StormProcess.RunAsync("connect", "--url", "http://127.0.0.1:1");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldStartWith("storm: http://127.0.0.1:1/ can't be reached");
        result.Errors.Trim().Split('\n').ShouldHaveSingleItem();
    }

    public void Dispose() => folder.Dispose();

    private StormProcess Start() =>
        StormProcess.Start(
            "exchange",
            "--url",
            webapp.Url.ToString(),
            "--clients",
            "20",
            "--workers",
            "2",
            "--rate",
            "20",
            "--duration",
            "1h",
            "--quiet",
            "--json",
            folder["report.json"]
        );

    private static async Task<IReadOnlyList<int>> WorkersOfAsync(StormProcess storm)
    {
        await Eventually.HoldsAsync(() => storm.Workers().Count.ShouldBe(2));
        return storm.Workers();
    }

    private async Task<int> QueuesAsync()
    {
        var list = await webapp.Servers.Nodes[0].RunCtlAsync("list_queues", "name", "--no-table-headers");
        return list.Split('\n').Count(line => line.StartsWith("s.", StringComparison.Ordinal));
    }
}
