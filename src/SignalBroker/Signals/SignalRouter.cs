using Microsoft.Extensions.Options;
using Npgsql;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>What became of a signal in one of the addressee's sessions.</summary>
public sealed record SessionOutcome(Session Session, PublishOutcome Outcome);

/// <summary>Routes one signal to its addressee's listening sessions.</summary>
public sealed partial class SignalRouter(
    SessionDirectory directory,
    SessionStore sessions,
    NodeLinks nodes,
    AddresseeLimiter limiter,
    OriginalClient originalClient,
    IOptions<SignalsOptions> options,
    TimeProvider clock,
    ILogger<SignalRouter> logger
)
{
    /// <summary>Publishes the signal, and says what the broker answered for each of the addressee's sessions.</summary>
    /// <param name="sender">The authenticated session that sends it.</param>
    /// <param name="id">The signal's id.</param>
    /// <param name="request">The signal.</param>
    /// <returns>An outcome for each session; empty when the addressee has none.</returns>
    public async Task<IReadOnlyList<SessionOutcome>> RouteAsync(Session sender, string id, SignalRequest request)
    {
        var addressees = await FindAsync(request);
        if (addressees.Count == 0)
        {
            return [];
        }

        var signal = new Signal(
            Envelope.Write(
                id,
                sender,
                addressees[0].UserId,
                request,
                nameSession: !originalClient.Enabled,
                clock.GetUtcNow()
            ),
            request.TimeToLive ?? options.Value.TimeToLive
        );
        var outcomes = await PublishAsync(addressees, signal);
        var gone = outcomes.Where(IsGone).Select(outcome => outcome.Session).ToList();
        if (gone.Count > 0)
        {
            outcomes.AddRange(await TryOthersAsync(gone, outcomes, request, signal));
        }

        // A session that is admitted but has no queue yet has not begun to listen; nothing is to be said about it.
        outcomes.RemoveAll(outcome => outcome is { Outcome: PublishOutcome.NotListening, Session.Ack: false });
        return outcomes;
    }

    private async ValueTask<IReadOnlyList<Session>> FindAsync(SignalRequest request) =>
        request.ToSession is { } key
            ? await directory.FindAsync(key) is { } session
                ? [session]
                : []
            : await directory.FindListeningAsync(request.To!);

    private async Task<List<SessionOutcome>> PublishAsync(IReadOnlyList<Session> addressees, Signal signal)
    {
        var publishes = addressees.Select(session => PublishAsync(session, signal)).ToArray();
        return [.. await Task.WhenAll(publishes)];
    }

    private async Task<SessionOutcome> PublishAsync(Session session, Signal signal)
    {
        var queue = Topology.QueueOf(session.ListeningKey);
        return new(
            session,
            limiter.Takes(session, signal.Body.Length)
                ? await nodes.PublishAsync(session.Node, queue, signal.Body, signal.TimeToLive)
                : PublishOutcome.Overloaded
        );
    }

    // An acked session had a queue, and a queue never comes back: its key is not used again.
    private static bool IsGone(SessionOutcome outcome) =>
        outcome is { Outcome: PublishOutcome.NotListening, Session.Ack: true };

    private static bool IsSame(Session one, Session other) => one.ListeningKey == other.ListeningKey;

    // The listing may have been old, and the addressee may already listen on a new session.
    private async Task<IReadOnlyList<SessionOutcome>> TryOthersAsync(
        List<Session> gone,
        List<SessionOutcome> outcomes,
        SignalRequest request,
        Signal signal
    )
    {
        try
        {
            await sessions.DropAsync([.. gone.Select(session => session.ListeningKey)]);
            foreach (var session in gone)
            {
                directory.Forget(session.UserId, session.ListeningKey);
            }

            var found = await FindAsync(request);
            return await PublishAsync(
                [.. found.Where(session => !outcomes.Exists(outcome => IsSame(outcome.Session, session)))],
                signal
            );
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            // What has been published can't be taken back, so its outcomes are the answer.
            LogNotDropped(gone.Count, failure.Message);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} sessions that listen no more are dropped later: {Reason}")]
    private partial void LogNotDropped(int count, string reason);

    private sealed record Signal(ReadOnlyMemory<byte> Body, TimeSpan TimeToLive);
}
