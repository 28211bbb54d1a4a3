using System.Diagnostics;
using System.Runtime.CompilerServices;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Workers;

/// <summary>The signals that the users of one worker send to each other.</summary>
/// <remarks>
/// In an open load a signal is due at its moment whether a sender is free or not: it waits for one then, and its latency
/// counts the waiting. Each sender has one signal under way, as a browser that keeps the order has.
/// </remarks>
internal sealed class Traffic : IDisposable
{
    // Ten seconds at 10,000 per second; a server that is so far behind will not catch up.
    private const int MaxBacklog = 100_000;

    private readonly Crowd crowd;
    private readonly Send order;
    private readonly SignalLedger ledger;
    private readonly Sender[] senders;
    private readonly Stack<Sender> idle = new();
    private readonly Queue<long> backlog = new();
    private readonly Lock dispatching = new();
    private readonly CancellationTokenSource stopping = new();
    private Pacer? pacer;
    private int addressee;

    public Traffic(Crowd crowd, Send order, SignalLedger ledger)
    {
        (this.crowd, this.order, this.ledger) = (crowd, order, ledger);
        senders = [.. crowd.Settled.Take(order.Senders).Select((member, n) => new Sender(this, member, n))];
    }

    public bool IsStopped => stopping.IsCancellationRequested;

    public void Start()
    {
        if (order.PerSecond is not { } perSecond)
        {
            foreach (var sender in senders)
            {
                _ = sender.SendAllAsync();
            }

            return;
        }

        foreach (var sender in senders)
        {
            idle.Push(sender);
        }

        pacer = new Pacer(perSecond, order.Burst, Dispatch);
    }

    /// <summary>Stops sending, and waits until every signal is answered and has arrived, or the time is over.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        pacer?.Dispose();
        await stopping.CancelAsync();
        var since = Stopwatch.GetTimestamp();
        while ((ledger.Open > 0 || ledger.Missing > 0) && Stopwatch.GetElapsedTime(since) < drain)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    public void Dispose()
    {
        pacer?.Dispose();
        Array.ForEach(senders, sender => sender.Dispose());
        stopping.Dispose();
    }

    private void Dispatch(long due)
    {
        Sender? sender;
        lock (dispatching)
        {
            if (!idle.TryPop(out sender))
            {
                if (backlog.Count < MaxBacklog)
                {
                    backlog.Enqueue(due);
                }
                else
                {
                    crowd.Counters.Failed("not-sent-in-time");
                }

                return;
            }
        }

        _ = sender.SendDueAsync(due);
    }

    // The next waiting moment; without one the sender is idle.
    private bool TryNext(Sender sender, out long due)
    {
        lock (dispatching)
        {
            if (!IsStopped && backlog.TryDequeue(out due))
            {
                return true;
            }

            idle.Push(sender);
            due = 0;
            return false;
        }
    }

    private Member NextAddressee()
    {
        var settled = crowd.Settled;
        return settled[(uint)Interlocked.Increment(ref addressee) % settled.Length];
    }

    /// <summary>One of the users that send.</summary>
    private sealed class Sender(Traffic traffic, Member member, int number) : IDisposable
    {
        private readonly HttpConnection connection = new(
            traffic.crowd.Servers[number % traffic.crowd.Servers.Count],
            traffic.crowd.Connections.Sources
        );
        private SignalText? text;
        private Device? device;

        public async Task SendAllAsync()
        {
            while (!traffic.IsStopped)
            {
                await SendAsync(Stopwatch.GetTimestamp());
            }
        }

        public async Task SendDueAsync(long due)
        {
            do
            {
                await SendAsync(due);
            } while (traffic.TryNext(this, out due));
        }

        public void Dispose() => connection.Dispose();

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        private async ValueTask SendAsync(long due)
        {
            TimeSpan? pause = TimeSpan.FromSeconds(0.1);
            if (member.Device is { } current)
            {
                pause = await PostAsync(current, due);
            }
            else
            {
                traffic.crowd.Counters.Failed("sender-not-listening");
            }

            if (pause is { } wait)
            {
                await Task.Delay(wait * (1 + Random.Shared.NextDouble()), TimeProvider.System, traffic.stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        // Returns how long to wait before the next one, or null.
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<TimeSpan?> PostAsync(Device current, long due)
        {
            var counters = traffic.crowd.Counters;
            if (!ReferenceEquals(device, current))
            {
                device = current;
                text = new SignalText(connection.Server, current, traffic.order.Payload);
            }

            var signal = traffic.ledger.Begin();
            counters.Sent();
            var confirmed = false;
            try
            {
                var answer = await connection.PostAsync(text!.For(traffic.NextAddressee().UserId, signal, due));
                counters.Took(Counters.AnswerLatency, due);
                var outcome = SendOutcome.Read(answer);
                confirmed = outcome.Queued > 0;
                if (confirmed)
                {
                    counters.Queued();
                }

                if (outcome.Code is null)
                {
                    return null;
                }

                counters.Failed(outcome.Code);
                return outcome.RetryAfter ?? (outcome.Status >= 500 ? TimeSpan.FromSeconds(1) : null);
            }
            catch (Exception failure)
            {
                counters.Failed(Failures.CodeOf(failure));
                return TimeSpan.FromSeconds(0.5);
            }
            finally
            {
                traffic.ledger.Answered(signal, confirmed);
            }
        }
    }
}
