using SignalBroker.Showcase.Rollouts;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Tests.Showcases;

/// <summary>A whole rollout with few people: what an operator does to a fleet is not noticed by anybody.</summary>
public sealed class RolloutTests
{
    private const string Installed = "/usr/lib/rabbitmq";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_lost_doubled_or_overtaken_while_every_server_is_added_upgraded_replaced_or_killed()
    {
        var newer = Environment.GetEnvironmentVariable("RABBITMQ_FOLDER");
        Assert.SkipUnless(newer is not null && newer != Installed, "There is only one RabbitMQ.");
        await using var rollout = await Rollout.StartAsync(
            new(Listeners: 200, SignalsPerSecond: 100, Installed, newer!),
            TestContext.Current.TestOutputHelper!.WriteLine,
            Token
        );

        var reports = await rollout.PlayAsync(Token);
        TestContext.Current.TestOutputHelper.WriteLine(RolloutTable.Write(reports));

        reports
            .Select(report => report.Title)
            .ShouldBe([
                "The whole rollout",
                "Nothing happens",
                "A node is added, and takes its share",
                "All nodes are upgraded",
                "All webapps are replaced",
                "A node is killed",
            ]);
        var whole = reports[0];
        whole.Totals.Sent.ShouldBeGreaterThan(1_000);
        whole.ValueOf(RolloutReport.Lost).ShouldBe(0);
        whole.ValueOf(RolloutReport.Doubled).ShouldBe(0);
        whole.ValueOf(RolloutReport.Overtaken).ShouldBe(0);
        double.IsFinite(whole.ValueOf(RolloutReport.Back)).ShouldBeTrue();
        foreach (var act in reports.Skip(1).SkipLast(1))
        {
            (act.Totals.Lost, act.Totals.Errors, act.Totals.Dropped).ShouldBe((0, 0, 0), act.Title);
        }

        MovedIn(reports[2]).ShouldBeGreaterThan(50);
        // Each session at least once.
        MovedIn(reports[3]).ShouldBeGreaterThan(199);
        MovedIn(reports[4]).ShouldBe(0);
        reports[5].Totals.Dropped.ShouldBeGreaterThan(0);
        ReportPage.Draw(reports).ToString().ShouldContain("All nodes are upgraded");

        static double MovedIn(LoadReport act) => act.ValueOf(RolloutReport.Moved);
    }
}
