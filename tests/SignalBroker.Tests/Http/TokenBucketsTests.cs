using Microsoft.Extensions.Time.Testing;
using SignalBroker.Http;

namespace SignalBroker.Tests.Http;

public sealed class TokenBucketsTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly TokenBuckets<string> buckets;

    public TokenBucketsTests() => buckets = new(perSecond: 10, burst: 20, clock);

    [Fact]
    public void A_full_bucket_holds_a_burst_and_then_what_comes_in()
    {
        Enumerable.Range(0, 20).ShouldAllBe(_ => buckets.Take("one", 1) == null);
        buckets.Take("one").ShouldBe(TimeSpan.FromMilliseconds(100));

        clock.Advance(TimeSpan.FromMilliseconds(200));

        buckets.Take("one").ShouldBeNull();
        buckets.Take("one").ShouldBeNull();
        buckets.Take("one", 5).ShouldBe(TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public void Whoever_takes_more_than_a_burst_owes_the_rest()
    {
        buckets.Take("one", 50).ShouldBeNull();
        buckets.Take("one").ShouldBe(TimeSpan.FromSeconds(3.1));

        clock.Advance(TimeSpan.FromSeconds(3));

        buckets.Take("one").ShouldBe(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again_and_is_never_more_than_a_burst()
    {
        buckets.Take("one", 20).ShouldBeNull();
        buckets.GiveBack("one", 5);
        buckets.Take("one", 5).ShouldBeNull();
        buckets.Take("one").ShouldNotBeNull();

        buckets.GiveBack("one", 100);
        buckets.GiveBack("nobody", 100);

        buckets.Take("one", 20).ShouldBeNull();
        buckets.Take("one").ShouldNotBeNull();
    }

    [Fact]
    public void Nobody_feels_anothers_flood()
    {
        buckets.Take("one", 20).ShouldBeNull();

        buckets.Take("one").ShouldNotBeNull();
        buckets.Take("two", 20).ShouldBeNull();
    }

    [Fact]
    public void A_bucket_never_holds_more_than_a_burst()
    {
        buckets.Take("one").ShouldBeNull();
        clock.Advance(TimeSpan.FromHours(1));

        buckets.Take("one", 20).ShouldBeNull();
        buckets.Take("one").ShouldNotBeNull();
    }

    [Fact]
    public void Only_buckets_that_are_not_full_are_kept()
    {
        foreach (var number in Enumerable.Range(0, 100))
        {
            buckets.Take($"{number}");
        }

        clock.Advance(TimeSpan.FromSeconds(9.9));
        buckets.Take("flooded", 20);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        buckets.Take("new");

        buckets.Count.ShouldBe(2);
        buckets.Take("flooded", 20).ShouldNotBeNull();
    }

    [Fact]
    public void No_more_pass_together_than_may()
    {
        var passed = 0;

        Parallel.For(
            0,
            10_000,
            number =>
            {
                if (buckets.Take("one") is null)
                {
                    Interlocked.Increment(ref passed);
                }
            }
        );

        passed.ShouldBe(20);
    }
}
