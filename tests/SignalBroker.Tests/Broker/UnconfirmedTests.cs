using System.Text;
using SignalBroker.Broker;

namespace SignalBroker.Tests.Broker;

public sealed class UnconfirmedTests
{
    private const int Many = 1000;

    private readonly Unconfirmed unconfirmed = new();

    [Fact]
    public async Task A_confirm_settles_its_own_publish()
    {
        var publications = Add("one", "two", "three");

        unconfirmed.Settle(2, multiple: false, PublishOutcome.Queued);

        (await publications[1].Outcome).ShouldBe(PublishOutcome.Queued);
        publications[0].IsSettled.ShouldBeFalse();
        publications[2].IsSettled.ShouldBeFalse();
    }

    [Fact]
    public async Task A_confirm_for_several_settles_all_before_it_once()
    {
        var publications = Add("one", "two", "three", "four");
        unconfirmed.Settle(2, multiple: false, PublishOutcome.Overloaded);

        unconfirmed.Settle(3, multiple: true, PublishOutcome.Queued);

        (await publications[0].Outcome).ShouldBe(PublishOutcome.Queued);
        (await publications[1].Outcome).ShouldBe(PublishOutcome.Overloaded);
        (await publications[2].Outcome).ShouldBe(PublishOutcome.Queued);
        publications[3].IsSettled.ShouldBeFalse();
    }

    [Fact]
    public async Task Many_may_wait_and_be_confirmed_in_any_order()
    {
        // The ring has turned once before it has to grow.
        Add([.. Enumerable.Repeat("early", Many / 10)]);
        unconfirmed.Settle(Many / 10, multiple: true, PublishOutcome.Queued);
        var publications = Add([.. Enumerable.Range(0, Many).Select(number => $"queue {number}")]);

        foreach (var number in Enumerable.Range(0, Many).OrderBy(number => number * 7919 % Many))
        {
            unconfirmed.Settle(
                (ulong)((Many / 10) + number + 1),
                multiple: false,
                number % 2 == 0 ? PublishOutcome.Queued : PublishOutcome.Overloaded
            );
        }

        foreach (var (number, publication) in publications.Index())
        {
            (await publication.Outcome).ShouldBe(number % 2 == 0 ? PublishOutcome.Queued : PublishOutcome.Overloaded);
        }
    }

    [Fact]
    public async Task A_returned_message_reached_nobody()
    {
        var publications = Add("here", "gone", "here");

        unconfirmed.MarkReturned("gone", "to gone, 1"u8);
        unconfirmed.Settle(3, multiple: true, PublishOutcome.Queued);

        (await publications[0].Outcome).ShouldBe(PublishOutcome.Queued);
        (await publications[1].Outcome).ShouldBe(PublishOutcome.NotListening);
        (await publications[2].Outcome).ShouldBe(PublishOutcome.Queued);
    }

    [Fact]
    public async Task Two_messages_to_one_queue_are_told_apart_when_one_is_returned()
    {
        var publications = Add("queue", "queue");

        unconfirmed.MarkReturned("queue", "to queue, 0"u8);
        unconfirmed.Settle(2, multiple: true, PublishOutcome.Queued);

        (await publications[0].Outcome).ShouldBe(PublishOutcome.NotListening);
        (await publications[1].Outcome).ShouldBe(PublishOutcome.Queued);
    }

    [Fact]
    public async Task All_are_settled_when_the_channel_ends()
    {
        var publications = Add("one", "two");

        unconfirmed.SettleAll(PublishOutcome.Unknown);
        unconfirmed.Settle(2, multiple: true, PublishOutcome.Queued);

        (await publications[0].Outcome).ShouldBe(PublishOutcome.Unknown);
        (await publications[1].Outcome).ShouldBe(PublishOutcome.Unknown);
    }

    [Fact]
    public async Task A_late_confirm_is_nobody_elses()
    {
        var late = Add("late")[0];
        late.TrySettle(PublishOutcome.Unknown);
        (await late.Outcome).ShouldBe(PublishOutcome.Unknown);
        late.Release();

        var next = Publication.Rent("next", body: default, timeToLive: null, mandatory: true, since: 0);
        unconfirmed.Settle(1, multiple: false, PublishOutcome.Queued);

        next.ShouldNotBeSameAs(late);
        next.IsSettled.ShouldBeFalse();
    }

    private Publication[] Add(params string[] queues)
    {
        var publications = queues
            .Select(
                (queue, number) =>
                    Publication.Rent(
                        queue,
                        Encoding.UTF8.GetBytes($"to {queue}, {number}"),
                        timeToLive: null,
                        mandatory: true,
                        since: 0
                    )
            )
            .ToArray();
        foreach (var publication in publications)
        {
            unconfirmed.Add(publication);
        }

        return publications;
    }
}
