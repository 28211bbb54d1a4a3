using System.Text.Json;
using Microsoft.Extensions.Options;
using SignalBroker.Broker;
using SignalBroker.Database;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Inbox;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Exchange;

/// <summary>Relays what sessions send through their sockets, and answers each signal with an envelope to its sender.</summary>
internal sealed partial class SocketExchange(
    NodeCatalog catalog,
    NodeLinks links,
    SessionDirectory directory,
    SignalExchange exchange,
    InboxSettler settler,
    SenderLimiter limiter,
    SenderCloser closer,
    EvenAnswer even,
    StrangeBehaviorLog strange,
    IOptions<SignalsOptions> options,
    IOptions<InboxOptions> inbox,
    TimeProvider clock,
    ILogger<SocketExchange> logger
) : BackgroundService
{
    /// <summary>The type of the envelope that tells what became of a signal.</summary>
    public const string Outcome = "outcome";

    /// <summary>The type of the envelope that tells why a signal was not sent.</summary>
    public const string Error = "error";

    private static readonly Problem UserIdMissing = Problem.Of(
        StatusCodes.Status400BadRequest,
        "user-id-missing",
        "The SEND must bear the header 'user-id' with the session's own listening key, which proves the sender."
    );

    private readonly LongestTimes longest = new(options.Value.MaxTimeToLive, inbox.Value.MaxTimeToLive);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    // A node that is away for longer must not keep the others' sessions from sending.
    private static readonly TimeSpan PatienceWithOthers = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            catalog.Nodes.Select(node =>
                new SocketSignals(
                    node,
                    token => UntilReadyAsync(node, token),
                    signal => Judge(node, signal),
                    logger
                ).RunAsync(stoppingToken)
            )
        );

    // Before its links are up, a webapp could neither relay a signal nor answer it.
    private async Task UntilReadyAsync(Node node, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        var since = clock.GetTimestamp();
        while (
            !node.Responsive
            || (catalog.Nodes.Any(other => !other.Responsive) && clock.GetElapsedTime(since) < PatienceWithOthers)
        )
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    // What is to be done with a signal in its turn; null for nothing. It is judged when it arrives: whoever floods must
    // not be served first, while all the others wait.
    private SocketWork? Judge(Node node, SocketSignal signal) =>
        signal.Proof switch
        {
            SenderProof.Proven => JudgeProven(node, signal),
            SenderProof.Missing when limiter.PutsUpWithUnnamed(signal.Sender) => new(body =>
                AnswerAsync(node, signal.Sender, () => new(Refuse(UserIdMissing, body)))
            ),
            SenderProof.Missing => null,
            _ => JudgeForged(node, signal),
        };

    // What has waited comes all at once, however slowly it was sent.
    private SocketWork? JudgeProven(Node node, SocketSignal signal)
    {
        var sender = signal.Sender;
        if (closer.HasClosed(sender))
        {
            return null;
        }

        if (limiter.Delay(sender, Math.Min(signal.Size, RequestBody.MaxBytes)) is not { } wait)
        {
            // What waits behind an answer that is kept back would otherwise take the places of all the others.
            return signal.Crowds && even.Keeps(sender)
                ? new(Refusing(EvenAnswer.Beat), AtOnce: true)
                : new(body => AnswerAsync(node, sender, () => RelayAsync(node, sender, body)));
        }

        if (signal.Waited || limiter.PutsUpWith(sender))
        {
            return new(Refusing(wait), AtOnce: even.Keeps(sender));
        }

        var close = closer.Close(
            node,
            sender,
            StrangeKind.SocketFlood,
            "it sent through its socket more than twice what it may; the socket is closed"
        );
        return new(_ => close());

        Func<ReadOnlyMemory<byte>, Task> Refusing(TimeSpan wait) =>
            body => AnswerAsync(node, sender, () => new(Refuse(Problem.TooManyRequests(wait), body)));
    }

    // It costs nothing of what the session may send whose key it bears: that one is the victim.
    private SocketWork? JudgeForged(Node node, SocketSignal signal)
    {
        if (signal.Proof is SenderProof.Forged(var forger))
        {
            if (closer.HasClosed(forger))
            {
                return null;
            }

            var close = closer.Close(
                node,
                forger,
                StrangeKind.ForgedSender,
                "it pretended that a signal was another's"
            );
            return new(_ => close());
        }

        if (signal.Proof is SenderProof.DeadLettered(var owner))
        {
            // Only a queue of the wrong kind does that, and such a queue is removed with its session. No more is done
            // here, because a client that reaches the AMQP port can pretend it.
            strange.Record(
                new(StrangeKind.ForgedSender, $"a signal in the name of {signal.Sender} was dead-lettered by its queue")
                {
                    Node = node.Name,
                    ListeningKey = owner,
                }
            );
        }

        return null;
    }

    // What the sender is answered; null when there is nobody to answer.
    private async ValueTask<PooledBuffer?> RelayAsync(Node node, string listeningKey, ReadOnlyMemory<byte> body)
    {
        try
        {
            // A session that has ended has a socket that is closed or about to be.
            return await directory.FindAsync(listeningKey) is { } session && session.Node == node.Name
                ? await RelayAsync(session, body)
                : null;
        }
        catch (RefusedException refused)
        {
            return Refuse(refused.Problem, body);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            return Refuse(Problem.DatabaseUnavailable, body);
        }
        catch (Exception defect)
        {
            LogDefect(defect);
            return Refuse(Problem.OfStatus(StatusCodes.Status500InternalServerError), body);
        }
    }

    private async Task<PooledBuffer?> RelayAsync(Session session, ReadOnlyMemory<byte> body)
    {
        if (body.Length > RequestBody.MaxBytes)
        {
            throw new RefusedException(Problem.OfStatus(StatusCodes.Status413PayloadTooLarge));
        }

        var signal = SignalReader.ReadJson(body, longest);
        if (!signal.Settle.IsEmpty)
        {
            return await SettleAsync(session, signal);
        }

        if (signal.Id is null)
        {
            // Nothing else would tell the sender which of its signals an answer is about.
            throw new RefusedException(Problem.InvalidMember("id", "must be given by whoever sends through a socket"));
        }

        var exchanged = await exchange.SendAsync(session, signal);
        return exchange.FailureOf(exchanged) is { } problem
            ? Write(Error, problem.WriteWithRetryAfter)
            : Write(Outcome, writer => exchange.Describe(writer, exchanged));
    }

    // Whoever wants to know that it is settled gives it an id.
    private async Task<PooledBuffer?> SettleAsync(Session session, SignalRequest request)
    {
        var settling = await settler.SettleAsync(session, SettleRequest.Parse(request.Settle));
        return request.Id is { } id
            ? Write(
                Outcome,
                writer =>
                {
                    writer.WriteString("id"u8, id);
                    writer.WriteNumber("settled"u8, settling.Settled);
                    writer.WriteNumber("settledThrough"u8, settling.SettledThrough);
                }
            )
            : null;
    }

    private PooledBuffer Refuse(Problem problem, ReadOnlyMemory<byte> body)
    {
        var id = SignalReader.FindId(body.Span);
        return Write(
            Error,
            writer =>
            {
                if (id is not null)
                {
                    writer.WriteString("id"u8, id);
                }

                problem.WriteWithRetryAfter(writer);
            }
        );
    }

    private PooledBuffer Write(string type, Action<Utf8JsonWriter> writeContent) =>
        Envelope.WriteControl(type, clock.GetUtcNow(), writeContent);

    private async Task AnswerAsync(Node node, string listeningKey, Func<ValueTask<PooledBuffer?>> handle)
    {
        try
        {
            if (closer.HasClosed(listeningKey) || await handle() is not { } answer)
            {
                return;
            }

            var outcome = await links.PublishAsync(
                node.Name,
                Topology.QueueOf(listeningKey),
                answer.Written,
                options.Value.TimeToLive
            );
            if (outcome != PublishOutcome.Unknown)
            {
                // Otherwise it may still wait to be written to the node.
                answer.Dispose();
            }
        }
        catch (Exception defect)
        {
            // Whatever it is, the next signal must not wait for it.
            LogDefect(defect);
        }
    }

    [LoggerMessage(LogLevel.Error, "A signal that came through a socket could not be handled")]
    private partial void LogDefect(Exception defect);
}
