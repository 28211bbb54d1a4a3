using FsCheck;
using FsCheck.Fluent;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox.History;

/// <summary>One thing that somebody does.</summary>
/// <param name="Kind">What.</param>
/// <param name="Webapp">Through which webapp.</param>
/// <param name="Device">Which of the devices does it, or gets it.</param>
public sealed record Step(StepKind Kind, int Webapp, int Device);

/// <summary>What somebody may do.</summary>
public enum StepKind
{
    SendAlways,
    SendIfOffline,
    SendToDevice,
    SendShortLived,
    Repeat,
    Listen,
    Break,
    Settle,
}

/// <summary>Whatever happens in whatever order, on two webapps: nothing is lost, out of order, or twice to a client that drops repeats.</summary>
public sealed class RandomHistoryTests(TestCluster cluster)
{
    private const int Histories = 12;
    private const int MaxHistory = 40;
    private const long ShortLife = 400;

    [Fact]
    public void Every_history_of_an_inbox_keeps_its_promises()
    {
        var step =
            from kind in Gen.Frequency(
                (4, Gen.Constant(StepKind.SendAlways)),
                (3, Gen.Constant(StepKind.SendIfOffline)),
                (1, Gen.Constant(StepKind.SendToDevice)),
                (1, Gen.Constant(StepKind.SendShortLived)),
                (2, Gen.Constant(StepKind.Repeat)),
                (2, Gen.Constant(StepKind.Listen)),
                (2, Gen.Constant(StepKind.Break)),
                (2, Gen.Constant(StepKind.Settle))
            )
            from webapp in Gen.Choose(0, 1)
            from device in Gen.Choose(0, 1)
            select new Step(kind, webapp, device);
        var histories = Arb.From(step.ListOf(), Shorter);

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Histories).WithStartSize(5).WithEndSize(MaxHistory),
            Prop.ForAll(histories, (Func<List<Step>, Task>)(steps => KeepsItsPromisesAsync([.. steps])))
        );
    }

    // Without one half, and without one step: what is left of a failure is what it takes.
    private static IEnumerable<List<Step>> Shorter(List<Step> steps)
    {
        if (steps.Count > 3)
        {
            yield return [.. steps.Take(steps.Count / 2)];
            yield return [.. steps.Skip(steps.Count / 2)];
        }

        for (var number = 0; number < steps.Count; number++)
        {
            yield return [.. steps.Take(number), .. steps.Skip(number + 1)];
        }
    }

    private async Task KeepsItsPromisesAsync(Step[] steps)
    {
        var userId = "owner-" + Guid.NewGuid();
        var sender = new HistorySender(ApiOf, userId);
        await using var phone = new HistoryDevice(ApiOf, userId, "phone");
        await using var laptop = new HistoryDevice(ApiOf, userId, "laptop");
        HistoryDevice[] devices = [phone, laptop];

        // A device is waited for from its first session on.
        await phone.ListenAsync(0);
        await laptop.ListenAsync(1);
        foreach (var step in steps)
        {
            await DoAsync(step, sender, devices[step.Device]);
        }

        await HistoryEnd.ReachAsync(ApiOf, cluster.Servers.Postgres.ConnectionString, userId, sender, devices);
    }

    private static Task DoAsync(Step step, HistorySender sender, HistoryDevice device) =>
        step.Kind switch
        {
            StepKind.SendAlways => sender.SendAsync(step.Webapp, "always"),
            StepKind.SendIfOffline => sender.SendAsync(step.Webapp, "ifOffline"),
            StepKind.SendToDevice => sender.SendAsync(step.Webapp, "always", device.Name),
            StepKind.SendShortLived => sender.SendAsync(step.Webapp, "always", timeToLive: ShortLife),
            StepKind.Repeat => sender.RepeatAsync(step.Webapp, sender.Sent.Count),
            StepKind.Listen => device.ListenAsync(step.Webapp),
            StepKind.Break => device.BreakAsync(),
            _ => device.SettleAsync(step.Webapp),
        };

    private Api ApiOf(int number) => cluster.ApiOf(number % 2);
}
