using SignalBroker.Broker;
using SignalBroker.Nodes;
using SignalBroker.Signals;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Exchange;

/// <summary>Decides what is done with a signal that came through a socket.</summary>
internal sealed class SocketJudge(
    SocketRelay relay,
    SenderLimiter limiter,
    SenderCloser closer,
    EvenAnswer even,
    StrangeBehaviorLog strange
)
{
    private static readonly Problem UserIdMissing = Problem.Of(
        StatusCodes.Status400BadRequest,
        "user-id-missing",
        "The SEND must bear the header 'user-id' with the session's own listening key, which proves the sender."
    );

    /// <summary>What is to be done with a signal in its turn; null for nothing.</summary>
    /// <remarks>It is judged when it arrives: a flooder must not be served first while all the others wait.</remarks>
    public SocketWork? Judge(Node node, SocketSignal signal) =>
        signal.Proof switch
        {
            SenderProof.Proven => JudgeProven(node, signal),
            SenderProof.Missing when limiter.AnswersUnnamed(signal.Sender.ListeningKey) => Refusing(
                node,
                signal.Sender,
                UserIdMissing
            ),
            SenderProof.Missing => null,
            _ => JudgeForged(node, signal),
        };

    // What has waited comes all at once, however slowly it was sent.
    private SocketWork? JudgeProven(Node node, SocketSignal signal)
    {
        var sender = signal.Sender.ListeningKey;
        if (closer.HasClosed(sender))
        {
            return null;
        }

        if (limiter.Delay(sender, Math.Min(signal.Size, RequestBody.MaxBytes)) is not { } wait)
        {
            // What waits behind an answer that is kept back would otherwise take the places of all the others.
            return signal.Crowds && even.Keeps(sender)
                ? Refusing(node, signal.Sender, Problem.TooManyRequests(EvenAnswer.Beat), atOnce: true)
                : new(body => relay.RelayAsync(node, signal.Sender, body));
        }

        return signal.Waited || limiter.Tolerates(sender)
            ? Refusing(node, signal.Sender, Problem.TooManyRequests(wait), atOnce: even.Keeps(sender))
            : Closing(
                node,
                sender,
                StrangeKind.SocketFlood,
                "it sent through its socket more than twice what it may; the socket is closed"
            );
    }

    // It costs nothing of what the session may send whose key it bears: that one is the victim.
    private SocketWork? JudgeForged(Node node, SocketSignal signal)
    {
        if (signal.Proof is SenderProof.Forged(var forger) && !closer.HasClosed(forger))
        {
            return Closing(node, forger, StrangeKind.ForgedSender, "it pretended that a signal was another's");
        }

        if (signal.Proof is SenderProof.DeadLettered(var owner))
        {
            // Only a queue of the wrong kind does that, and such a queue is removed with its session. No more is done
            // here, because a client that reaches the AMQP port can pretend it.
            strange.Record(
                new(
                    StrangeKind.ForgedSender,
                    $"a signal in the name of {signal.Sender.ListeningKey} was dead-lettered by its queue"
                )
                {
                    Node = node.Name,
                    ListeningKey = owner,
                }
            );
        }

        return null;
    }

    private SocketWork Refusing(Node node, SocketSender sender, Problem problem, bool atOnce = false) =>
        new(body => relay.RefuseAsync(node, sender, problem, body), atOnce);

    private SocketWork Closing(Node node, string sender, StrangeKind kind, string detail)
    {
        var close = closer.Close(node, sender, kind, detail);
        return new(_ => close());
    }
}
