using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SignalBroker.Broker;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>What became of a signal in one of the addressee's sessions.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionOutcome(Session Session, PublishOutcome Outcome);

/// <summary>Routes one signal to its addressee's listening sessions.</summary>
internal sealed partial class SignalRouter(
    SessionDirectory directory,
    NodeLinks nodes,
    AddresseeLimiter limiter,
    EnvelopeWriter envelopes,
    IOptions<SignalsOptions> options,
    ILogger<SignalRouter> logger
)
{
    /// <summary>Publishes the signal, and says what the broker answered for each of the addressee's sessions.</summary>
    /// <param name="to">The addressee's sessions, where they are known already: then it is published before this returns.</param>
    /// <param name="mayFindOthers">Whether others are looked for should the known ones be gone.</param>
    /// <returns>An outcome for each session; empty when the addressee has none.</returns>
    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    public async ValueTask<SessionOutcome[]> RouteAsync(
        Sender sender,
        SignalId id,
        SignalRequest request,
        Session[]? to = null,
        bool mayFindOthers = false
    )
    {
        var addressees = to ?? await FindAsync(request);
        if (addressees.Length == 0)
        {
            return [];
        }

        var envelope = envelopes.Write(id, sender, addressees[0].UserId, request);
        var signal = new Signal(envelope.Written, options.Value.InQueue(request.TimeToLive));
        var outcomes = addressees is [var only]
            ? [new(only, await PublishAsync(only, signal))]
            : await PublishAsync(addressees, signal);
        while (Array.Exists(outcomes, HasMoved))
        {
            outcomes = await FollowAsync(outcomes, signal);
        }

        if (Array.Exists(outcomes, IsGone))
        {
            outcomes =
            [
                .. outcomes,
                .. await TryOthersAsync(outcomes, to is null || mayFindOthers ? request : null, signal),
            ];
        }

        if (Array.TrueForAll(outcomes, IsAnswered))
        {
            // Otherwise the envelope may still wait to be written to a node.
            envelope.Dispose();
        }

        return Array.Exists(outcomes, HasNotBegun)
            ? Array.FindAll(outcomes, outcome => !HasNotBegun(outcome))
            : outcomes;
    }

    /// <summary>Does the same work for an addressee who has no session, so that nobody can tell by what it takes.</summary>
    public async Task RouteNowhereAsync(Sender sender, SignalId id, SignalRequest request)
    {
        var envelope = envelopes.Write(id, sender, request.To ?? request.ToSession!, request);
        if (
            await nodes.PublishNowhereAsync(envelope.Written, options.Value.InQueue(request.TimeToLive))
            != PublishOutcome.Unknown
        )
        {
            envelope.Dispose();
        }
    }

    /// <summary>The sessions of a signal's addressee that are listening or about to.</summary>
    public async ValueTask<Session[]> FindAsync(SignalRequest request)
    {
        if (request.ToSession is { } key)
        {
            return await directory.FindAsync(key) is { } session ? [session] : [];
        }

        var all = await directory.FindListeningAsync(request.To!);
        return request.Device is { } device ? Array.FindAll(all, session => session.Device == device) : all;
    }

    private async Task<SessionOutcome[]> PublishAsync(Session[] addressees, Signal signal)
    {
        var publishes = Array.ConvertAll(addressees, session => PublishAsync(session, signal));
        var outcomes = new SessionOutcome[addressees.Length];
        for (var number = 0; number < addressees.Length; number++)
        {
            outcomes[number] = new(addressees[number], await publishes[number]);
        }

        return outcomes;
    }

    private ValueTask<PublishOutcome> PublishAsync(Session session, Signal signal) =>
        limiter.Takes(session, signal.Body.Length)
            ? nodes.PublishAsync(session.Node, session.Queue, signal.Body, signal.TimeToLive)
            : ValueTask.FromResult(PublishOutcome.Overloaded);

    private static bool HasMoved(SessionOutcome outcome) => outcome.Outcome == PublishOutcome.Moved;

    private static bool IsGone(SessionOutcome outcome) =>
        outcome is { Outcome: PublishOutcome.NotListening, Session.Ack: true };

    // A session that is admitted but has no queue yet has not begun to listen; nothing is to be said about it.
    private static bool HasNotBegun(SessionOutcome outcome) =>
        outcome is { Outcome: PublishOutcome.NotListening, Session.Ack: false };

    private static bool IsAnswered(SessionOutcome outcome) => outcome.Outcome != PublishOutcome.Unknown;

    // Publishes to the successors of those sessions that were succeeded meanwhile.
    private async Task<SessionOutcome[]> FollowAsync(SessionOutcome[] outcomes, Signal signal)
    {
        var followed = new List<SessionOutcome>(outcomes.Length);
        foreach (var outcome in outcomes)
        {
            if (!HasMoved(outcome))
            {
                followed.Add(outcome);
                continue;
            }

            try
            {
                if (await directory.FindSuccessorAsync(outcome.Session) is { } successor)
                {
                    followed.Add(new(successor, await PublishAsync(successor, signal)));
                }
            }
            catch (Exception failure) when (DatabaseFailure.Is(failure))
            {
                LogNotFollowed(failure.Message);
                followed.Add(outcome with { Outcome = PublishOutcome.Unknown });
            }
        }

        return [.. followed];
    }

    // The listing may have been old, and the addressee may already listen on a new session.
    private async Task<SessionOutcome[]> TryOthersAsync(
        SessionOutcome[] outcomes,
        SignalRequest? request,
        Signal signal
    )
    {
        var gone = Array.ConvertAll(Array.FindAll(outcomes, IsGone), outcome => outcome.Session);
        try
        {
            await directory.DropAsync(gone);
            if (request is null)
            {
                return [];
            }

            var tried = outcomes.Select(outcome => outcome.Session.ListeningKey).ToHashSet();
            var others = Array.FindAll(await FindAsync(request), found => !tried.Contains(found.ListeningKey));
            return await PublishAsync(others, signal);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // What has been published can't be taken back, so its outcomes are the answer.
            LogNotDropped(gone.Length, failure.Message);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Warning, "Dropping {Count} sessions that stopped listening was postponed: {Reason}")]
    private partial void LogNotDropped(int count, string reason);

    [LoggerMessage(LogLevel.Warning, "Could not look for the successor of a session: {Reason}")]
    private partial void LogNotFollowed(string reason);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Signal(ReadOnlyMemory<byte> Body, TimeSpan TimeToLive);
}
