using SignalBroker.Client.Tests.Harness;

namespace SignalBroker.Client.Tests.Sending;

/// <summary>What becomes of signals whose client is closed at once.</summary>
[Collection<ServerTests>]
public sealed class ClosingTests(Servers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SendsBy.Http)]
    [InlineData(SendsBy.Socket)]
    public async Task Signals_sent_before_closing_arrive_in_order_and_get_their_answers(SendsBy by)
    {
        await using var bob = await servers.ConnectAsync();
        var alice = await SignalBrokerClient.ConnectAsync(servers.Options() with { Send = by }, Token);
        var sending = Enumerable
            .Range(0, 20)
            .Select(number => alice.SendAsync(bob.UserId, number, cancellationToken: Token))
            .ToArray();

        await alice.DisposeAsync();

        (await Task.WhenAll(sending)).ShouldAllBe(sent => sent.Sessions.Single().Outcome == Outcome.Queued);
        (await bob.NextSignalsAsync(20)).Select(signal => signal.Content.GetInt32()).ShouldBe(Enumerable.Range(0, 20));
        var late = await Should.ThrowAsync<SignalNotSentException>(
            alice.SendAsync(bob.UserId, "late", cancellationToken: Token)
        );
        late.Code.ShouldBe(SignalBrokerCode.Closed);
    }

    [Fact]
    public async Task Signals_without_an_answer_fail_after_five_seconds()
    {
        var clock = new ManualClock();
        using var silence = new SilentExchange();
        var alice = await SignalBrokerClient.ConnectAsync(
            servers.Options() with
            {
                Http = new(silence),
                TimeProvider = clock,
            },
            Token
        );
        var sending = alice.SendAsync("bob", 1, cancellationToken: Token);
        var behind = alice.SendAsync("bob", 2, cancellationToken: Token);
        await silence.Begun.WaitAsync(Token);

        var closing = alice.DisposeAsync().AsTask();
        clock.Advance(TimeSpan.FromSeconds(4.9));
        alice.State.ShouldBeOfType<ClientState.Listening>();
        sending.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(0.1));

        await closing.WaitAsync(Token);
        await Should.ThrowAsync<ServerUnreachableException>(sending);
        (await Should.ThrowAsync<SignalNotSentException>(behind)).Code.ShouldBe(SignalBrokerCode.Closed);
    }

    /// <summary>A network that loses the answers to signals.</summary>
    private sealed class SilentExchange() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => begun.Task;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            if (request.RequestUri!.AbsolutePath == "/exchange")
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
