using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using SignalBroker.Client.Http;
using SignalBroker.Client.Sending;
using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>Signals that wait for the same recipient go in one request, and each gets its own answer.</summary>
public sealed class TogetherTests
{
    private readonly ManualClock clock = new();
    private readonly Channel<Post> posts = Channel.CreateUnbounded<Post>();
    private readonly List<string> expired = [];
    private readonly Outbox<string> outbox;

    public TogetherTests()
    {
        outbox = new Outbox<string>(new Posting(posts.Writer), expired.Add, clock);
        outbox.Open("alice");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_behind_a_signal_goes_in_one_request()
    {
        var first = SendAsync("bob", "1");
        var toCarol = SendAsync("carol", "2");
        Task<ExchangeAnswer>[] behind = [SendAsync("bob", "3"), SendAsync("bob", "4"), SendAsync("bob", "5")];

        var (one, two) = (await NextAsync("1"), await NextAsync("2"));
        posts.Reader.Count.ShouldBe(0);
        one.Succeed();
        (await first).Id.ShouldBe("1");
        (await NextAsync("3", "4", "5")).Succeed();

        (await Task.WhenAll(behind)).Select(answer => answer.Id).ShouldBe(["3", "4", "5"]);
        two.Succeed();
        (await toCarol).Id.ShouldBe("2");
    }

    [Fact]
    public async Task Each_has_its_own_answer()
    {
        Task<ExchangeAnswer>[] sent = [.. Enumerable.Range(0, 4).Select(n => SendAsync("bob", $"{n}"))];
        (await NextAsync("0")).Succeed();
        (await NextAsync("1", "2", "3")).Answer(Sent("1"), Refused(404, SignalBrokerCode.UserNotListening), Sent("3"));

        (await sent[1]).Id.ShouldBe("1");
        await Should.ThrowAsync<UserNotListeningException>(sent[2]);
        (await sent[3]).Id.ShouldBe("3");
    }

    [Fact]
    public async Task What_is_refused_for_now_is_sent_again_in_its_order()
    {
        Task<ExchangeAnswer>[] sent = [.. Enumerable.Range(0, 4).Select(n => SendAsync("bob", $"{n}"))];
        (await NextAsync("0")).Succeed();
        await sent[0];
        var tooMany = Refused(429, "too-many-requests");
        (await NextAsync("1", "2", "3")).Answer(Sent("1"), tooMany, tooMany);
        await sent[1];

        // The second is first now, and goes by itself at once, as the third has not heard yet or waits behind it.
        var again = await posts.Reader.ReadAsync(Token);
        again.Ids[0].ShouldBe("2");
        again.Succeed();
        if (again.Ids.Count == 1)
        {
            (await NextAsync("3")).Succeed();
        }

        await Task.WhenAll(sent);
    }

    [Fact]
    public async Task A_request_without_an_answer_is_made_again_with_all_of_them()
    {
        Task<ExchangeAnswer>[] sent = [.. Enumerable.Range(0, 3).Select(n => SendAsync("bob", $"{n}"))];
        (await NextAsync("0")).Succeed();
        await sent[0];
        (await NextAsync("1", "2")).Fail(new ServerUnreachableException("No answer."));
        // The first one's next try, and the second one's time to live.
        await clock.HasTimersAsync(2);
        clock.Advance(TimeSpan.FromSeconds(0.5));

        (await NextAsync("1", "2")).Succeed();
        await Task.WhenAll(sent);
    }

    [Fact]
    public async Task Whoever_is_given_up_takes_no_other_along()
    {
        using var giveUp = new CancellationTokenSource();
        var first = SendAsync("bob", "0");
        var leader = SendAsync("bob", "1", giveUp.Token);
        var follower = SendAsync("bob", "2");
        (await NextAsync("0")).Succeed();
        await first;
        var post = await NextAsync("1", "2");

        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leader);
        follower.IsCompleted.ShouldBeFalse();
        post.Succeed();
        (await follower).Id.ShouldBe("2");
    }

    [Fact]
    public async Task An_old_server_that_takes_no_arrays_gets_single_signals_from_then_on()
    {
        Task<ExchangeAnswer>[] sent = [.. Enumerable.Range(0, 5).Select(n => SendAsync("bob", $"{n}"))];
        (await NextAsync("0")).Succeed();
        (await NextAsync("1", "2", "3", "4")).Fail(Refused(400, "malformed-body").Failure!);

        foreach (var id in (string[])["1", "2", "3", "4"])
        {
            (await NextAsync(id)).Succeed();
        }

        (await Task.WhenAll(sent)).Select(answer => answer.Id).ShouldBe(["0", "1", "2", "3", "4"]);
    }

    [Fact]
    public async Task A_request_holds_64_signals_and_64_KiB_at_most()
    {
        Task<ExchangeAnswer>[] sent = [.. Enumerable.Range(0, 70).Select(n => SendAsync("bob", $"{n}"))];
        (await NextAsync("0")).Succeed();
        var full = await posts.Reader.ReadAsync(Token);
        full.Ids.Count.ShouldBe(SignalArray.MaxSignals);
        full.Succeed();
        (await posts.Reader.ReadAsync(Token)).Succeed();
        await Task.WhenAll(sent);

        Task[] large = [.. Enumerable.Range(0, 5).Select(n => SendAsync("bob", $"{n}", size: 30_000))];
        (await NextAsync("0")).Succeed();
        (await NextAsync("1", "2")).Succeed();
        (await NextAsync("3", "4")).Succeed();
        await Task.WhenAll(large);
    }

    [Fact]
    public async Task All_of_an_expired_session_go_out_with_the_next_one()
    {
        Task<ExchangeAnswer>[] sent = [.. Enumerable.Range(0, 3).Select(n => SendAsync("bob", $"{n}"))];
        (await NextAsync("0")).Succeed();
        await sent[0];
        (await NextAsync("1", "2")).Fail(Refused(401, SignalBrokerCode.Unauthorized).Failure!);
        // Both wait for a session.
        await clock.HasTimersAsync(2);
        expired.ShouldBe(["alice"]);

        outbox.Open("alice again");
        (await NextAsync("1", "2")).Succeed();
        await Task.WhenAll(sent);
    }

    [Fact]
    public void An_array_is_written_as_JSON_and_its_length_is_known_before()
    {
        ReadOnlyMemory<byte>[] signals = ["1"u8.ToArray(), "{}"u8.ToArray(), "\"é\""u8.ToArray()];
        var array = SignalArray.Write(signals);
        Encoding.UTF8.GetString(array.Span).ShouldBe("[1,{},\"é\"]");
    }

    private static SignalAnswer Sent(string id) => new(new(id, []), null);

    private static SignalAnswer Refused(int status, string code) =>
        new(null, ServerRefusedException.Of(new(status, code, "No.")));

    private Task<ExchangeAnswer> SendAsync(string to, string id, CancellationToken? givenUp = null, int size = 1) =>
        outbox.SendAsync(
            OutgoingSignal.Write(
                to,
                new() { Id = id },
                clock,
                writer => writer.WriteStringValue(new string('x', size))
            ),
            givenUp ?? Token
        );

    private async Task<Post> NextAsync(params string[] ids)
    {
        var post = await posts.Reader.ReadAsync(Token);
        post.Ids.ShouldBe(ids);
        return post;
    }

    private sealed class Posting(ChannelWriter<Post> posts) : Delivery<string>
    {
        public override async Task<ExchangeAnswer> SendAsync(
            string sender,
            OutgoingSignal signal,
            CancellationToken token
        )
        {
            var (answer, failure) = (await PostAsync(sender, [signal.Body], token))[0];
            return answer ?? throw failure!;
        }

        protected override bool IsPosting(string sender) => true;

        protected override Task<IReadOnlyList<SignalAnswer>> PostAsync(
            string sender,
            IReadOnlyList<ReadOnlyMemory<byte>> bodies,
            CancellationToken token
        )
        {
            var post = new Post([
                .. bodies.Select(body => JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()!),
            ]);
            posts.TryWrite(post);
            return post.Answers.WaitAsync(token);
        }
    }

    private sealed record Post(IReadOnlyList<string> Ids)
    {
        private readonly TaskCompletionSource<IReadOnlyList<SignalAnswer>> answers = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        public Task<IReadOnlyList<SignalAnswer>> Answers => answers.Task;

        public void Succeed() => Answer([.. Ids.Select(Sent)]);

        public void Answer(params SignalAnswer[] each) => answers.SetResult(each);

        public void Fail(Exception failure) => answers.SetException(failure);
    }
}
