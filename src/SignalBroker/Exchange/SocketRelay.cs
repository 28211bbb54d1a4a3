using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Inbox;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Exchange;

/// <summary>Relays what sessions send through their sockets, and answers each signal with an envelope to its sender.</summary>
internal sealed partial class SocketRelay(
    NodeLinks links,
    SessionDirectory directory,
    SignalExchange exchange,
    InboxSettler settler,
    ClosedSenders closed,
    EnvelopeWriter envelopes,
    TimeToLiveLimits longest,
    ExchangeMetrics metrics,
    IOptions<SignalsOptions> options,
    TimeProvider clock,
    ILogger<SocketRelay> logger
)
{
    // The type of the envelope that tells what became of a signal, and of the one that tells why it was not sent.
    private const string Outcome = "outcome";
    private const string Error = "error";

    /// <summary>Sends a signal, and answers what became of it.</summary>
    /// <param name="node">The node that it was sent on.</param>
    /// <param name="sender">The session that has sent it.</param>
    public Task RelayAsync(Node node, SocketSender sender, ReadOnlyMemory<byte> body) =>
        AnswerAsync(node, sender, () => HandleAsync(node, sender.ListeningKey, body));

    /// <summary>Answers that a signal is not sent.</summary>
    /// <param name="node">The node that it was sent on.</param>
    /// <param name="sender">The session that has sent it.</param>
    public Task RefuseAsync(Node node, SocketSender sender, Problem problem, ReadOnlyMemory<byte> body) =>
        AnswerAsync(node, sender, () => new(Refuse(problem, body)));

    // What the sender is answered; null when there is nobody to answer.
    private async ValueTask<PooledBuffer?> HandleAsync(Node node, string listeningKey, ReadOnlyMemory<byte> body)
    {
        try
        {
            // A session that has ended has a socket that is closed or about to be; one that was succeeded has it a while longer.
            return
                await directory.FindAsync(listeningKey) is { } session
                && (
                    session.ListeningKey == listeningKey
                        ? session.Node == node.Name
                        : session.Predecessor == listeningKey
                )
                ? await HandleAsync(session, body)
                : null;
        }
        catch (Exception failure)
        {
            if (failure is not RefusedException && !DatabaseFailure.Is(failure))
            {
                LogDefect(failure);
            }

            return Refuse(Problem.OfFailure(failure), body);
        }
    }

    private async Task<PooledBuffer?> HandleAsync(Session session, ReadOnlyMemory<byte> body)
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
            throw new RefusedException(Problem.InvalidMember("id", "is required when sending through a socket"));
        }

        var exchanged = await exchange.SendAsync(session, signal);
        metrics.Answered(ExchangeMetrics.Socket, exchanged.Failure?.Code ?? exchanged.Outcome);
        return exchanged.Failure is { } problem
            ? envelopes.WriteControl(Error, problem.WriteWithRetryAfter)
            : envelopes.WriteControl(Outcome, exchanged.WriteTo);
    }

    // Clients that want to know that it is settled give it an id.
    private async Task<PooledBuffer?> SettleAsync(Session session, SignalRequest request)
    {
        var settling = await settler.SettleAsync(session, SettleRequest.Parse(request.Settle));
        return request.Id is { } id
            ? envelopes.WriteControl(
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
        metrics.Answered(ExchangeMetrics.Socket, problem.Code);
        var id = SignalReader.FindId(body.Span);
        return envelopes.WriteControl(
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

    private async Task AnswerAsync(Node node, SocketSender sender, Func<ValueTask<PooledBuffer?>> handle)
    {
        var since = clock.GetTimestamp();
        try
        {
            if (closed.Contains(sender.ListeningKey) || await handle() is not { } answer)
            {
                return;
            }

            var outcome = await links.PublishAsync(
                node.Name,
                sender.Queue,
                answer.Written,
                options.Value.TimeToLive,
                PublishOrder.Free
            );
            metrics.Took(ExchangeMetrics.Socket, since);
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
