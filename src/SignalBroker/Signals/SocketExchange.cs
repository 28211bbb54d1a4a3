using System.Text.Json;
using Microsoft.Extensions.Options;
using SignalBroker.Broker;
using SignalBroker.Database;
using SignalBroker.Http;
using SignalBroker.Inbox;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Signals;

/// <summary>Relays what sessions send through their sockets, and answers each signal with an envelope to its sender.</summary>
public sealed partial class SocketExchange(
    NodeCatalog catalog,
    NodeLinks links,
    SessionDirectory directory,
    SessionStore store,
    SessionCloser closer,
    SignalExchange exchange,
    InboxSettler settler,
    SenderLimiter limiter,
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
                    (sender, body) => HandleAsync(node, sender, body),
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

    private async Task HandleAsync(Node node, string listeningKey, ReadOnlyMemory<byte> body)
    {
        try
        {
            await AnswerAsync(node, listeningKey, await RelayAsync(node, listeningKey, body));
        }
        catch (Exception defect)
        {
            // Whatever it is, the next signal must not wait for it.
            LogDefect(defect);
        }
    }

    // What the sender is answered; null when there is nobody to answer.
    private async Task<PooledBuffer?> RelayAsync(Node node, string listeningKey, ReadOnlyMemory<byte> body)
    {
        try
        {
            if (await directory.FindAsync(listeningKey) is not { } session || session.Node != node.Name)
            {
                // It has ended, and its socket is closed or about to be.
                return null;
            }

            if (limiter.Delay(session, Math.Min(body.Length, RequestBody.MaxBytes)) is not { } wait)
            {
                return await RelayAsync(session, body);
            }

            if (limiter.PutsUpWith(session))
            {
                return Refuse(Problem.TooManyRequests(wait), body);
            }

            await CloseAsync(session);
            return null;
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

    private async Task AnswerAsync(Node node, string listeningKey, PooledBuffer? answer)
    {
        if (answer is null)
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

    private async Task CloseAsync(Session session)
    {
        strange.Record(
            new(StrangeKind.SocketFlood, "it sent through its socket more than twice what it may; the socket is closed")
            {
                Node = session.Node,
                ListeningKey = session.ListeningKey,
                UserId = session.UserId,
            }
        );
        closer.Close(session, "it sends too much");
        await store.EndAsync(session.ListeningKey);
        directory.Forget(session.UserId, session.ListeningKey);
    }

    [LoggerMessage(LogLevel.Error, "A signal that came through a socket could not be handled")]
    private partial void LogDefect(Exception defect);
}
