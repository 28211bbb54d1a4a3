namespace SignalBroker.Tests.Inbox.History;

/// <summary>The checker finds each kind of broken promise; otherwise its silence would prove nothing.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly SentEvent[] ThreeStored =
    [
        new() { Number = 1, Told = Told.Stored },
        new() { Number = 2, Told = Told.Stored },
        new() { Number = 3, Told = Told.Stored },
    ];

    [Fact]
    public void A_correct_history_passes()
    {
        ReceivedEvent[] received = [Got(1), Got(2), Got(1, session: 1), Got(2, session: 1), Got(3, session: 1)];

        Violations(ThreeStored, received).ShouldBeEmpty();
        Violations([.. ThreeStored, new() { Number = 4 }], received).ShouldBeEmpty();
        Violations([.. ThreeStored, new() { Number = 4, Told = Told.Queued }], received).ShouldBeEmpty();
    }

    [Fact]
    public void A_lost_signal_is_found() =>
        Violations(ThreeStored, Got(1), Got(3)).ShouldBe(["phone never got 2, which was stored"]);

    [Fact]
    public void A_wrong_order_is_found() =>
        Violations(ThreeStored, Got(1), Got(3), Got(2)).ShouldBe(["phone got 2 after 3"]);

    [Fact]
    public void A_signal_that_nobody_sent_is_found() =>
        Violations(ThreeStored, Got(1), Got(2), Got(3), Got(4)).ShouldBe(["phone got 4, which nobody sent"]);

    [Fact]
    public void Another_devices_signal_is_found() =>
        Violations(
                [
                    new()
                    {
                        Number = 1,
                        Told = Told.Stored,
                        Device = "laptop",
                    },
                ],
                Got(1)
            )
            .ShouldBe(["phone got 1, which was for laptop"]);

    [Fact]
    public void A_refused_signal_that_arrives_is_found() =>
        Violations([new() { Number = 1, Told = Told.Refused }], Got(1)).ShouldBe(["phone got 1, which was refused"]);

    [Fact]
    public void A_signal_that_was_stored_twice_is_found() =>
        Violations(ThreeStored, Got(1), Got(2), Got(3), new ReceivedEvent("phone", 0, 1, 4))
            .ShouldBe(["1 was stored as 1 and 4"]);

    [Fact]
    public void Sequences_out_of_order_are_found() =>
        Violations(
                [.. ThreeStored, new() { Number = 4, Told = Told.Stored }],
                Got(1),
                Got(2),
                Got(3),
                Got(4) with
                {
                    Sequence = 3,
                }
            )
            .ShouldBe(["4 was sent after 3 and stored before it"]);

    [Fact]
    public void A_settled_signal_that_comes_again_is_found()
    {
        ReceivedEvent[] received = [Got(1), Got(2), Got(3), Got(2, session: 1)];

        new HistoryChecker(["phone"], ThreeStored, received, [new("phone", 2, 1)])
            .Violations()
            .ShouldBe(["phone got 2 again, which it had settled"]);
        new HistoryChecker(["phone"], ThreeStored, received, [new("phone", 2, 2)]).Violations().ShouldBeEmpty();
    }

    private static ReceivedEvent Got(int number, int session = 0) => new("phone", session, number, number);

    private static IReadOnlyList<string> Violations(SentEvent[] sent, params ReceivedEvent[] received) =>
        new HistoryChecker(["phone"], sent, received, []).Violations();
}
