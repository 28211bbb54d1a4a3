using System.Diagnostics;
using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A signal of the traffic, and what its sender was told; <c>noAnswer</c> when the webapp did not answer.</summary>
public sealed record SentSignal(string Id, string Outcome, TimeSpan Took);

/// <summary>A stream of signals from one session to another, each sent after the answer to the one before.</summary>
public sealed class Traffic
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly List<SentSignal> sent = [];
    private readonly Listener receiver;
    private readonly Task sending;
    private volatile int count;
    private volatile bool stopping;

    private Traffic(Func<int, Api> api, Listener sender, Listener receiver)
    {
        this.receiver = receiver;
        sending = Task.Run(() => SendAllAsync(api, sender));
    }

    /// <summary>How many have been answered so far.</summary>
    public int Count => count;

    /// <summary>Begins to send.</summary>
    /// <param name="api">The webapp for the signal of a number.</param>
    /// <param name="sender">Who sends.</param>
    /// <param name="receiver">Who receives; nobody else may send to it meanwhile.</param>
    public static Traffic Start(Func<int, Api> api, Listener sender, Listener receiver) => new(api, sender, receiver);

    /// <summary>Waits until so many more have been answered.</summary>
    public Task FlowsAsync(int more)
    {
        var goal = count + more;
        return Eventually.HoldsAsync(() =>
        {
            count.ShouldBeGreaterThanOrEqualTo(goal);
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Stops sending, and checks that what was queued has arrived, in order, that nothing arrived twice, and that
    /// nothing arrived of which the sender was told that it would not.
    /// </summary>
    public async Task<IReadOnlyList<SentSignal>> StopAsync()
    {
        stopping = true;
        await sending;

        var queued = sent.Where(signal => signal.Outcome == "queued").Select(signal => signal.Id).ToList();
        var arrived = new List<string>();
        while (queued.Count > 0 && (arrived.Count == 0 || arrived[^1] != queued[^1]))
        {
            arrived.Add((await receiver.ReceiveAsync()).GetProperty("id").GetString()!);
        }

        var uncertain = sent.Where(signal => signal.Outcome is "unknown" or "noAnswer").Select(signal => signal.Id);
        arrived.Except(uncertain).ShouldBe(queued);
        arrived.ShouldBeUnique();
        return sent;
    }

    private async Task SendAllAsync(Func<int, Api> api, Listener sender)
    {
        for (var number = 0; !stopping; number++)
        {
            var id = $"{receiver.Key[2..12]}-{number}";
            var watch = Stopwatch.StartNew();
            string outcome;
            try
            {
                var answer = await api(number)
                    .ExchangeAsync(
                        sender.Session,
                        new
                        {
                            to = receiver.Session.UserId,
                            id,
                            content = number,
                        }
                    );
                outcome = answer.OutcomeOrCode;
            }
            catch (HttpRequestException)
            {
                outcome = "noAnswer";
            }

            sent.Add(new(id, outcome, watch.Elapsed));
            count++;
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }
}
