using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Inbox;
using SignalBroker.Presence;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Users;
using SignalBroker.Visibility;

namespace SignalBroker.Exchange;

/// <summary>What became of a signal.</summary>
/// <param name="Id">The signal's id, as the receiver sees it.</param>
/// <param name="Addressee">Whom it was sent to, in words.</param>
/// <param name="Outcomes">What the broker said for each of the addressee's sessions.</param>
/// <param name="Kept">What the database knows of it; null when the outcomes say it all.</param>
/// <param name="Room">What became of it in a room; null when it was not sent to one.</param>
/// <param name="Answer">How much of this the sender is told.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Exchanged(
    SignalId Id,
    string Addressee,
    SessionOutcome[] Outcomes,
    Kept? Kept = null,
    RoomReached? Room = null,
    ExchangeAnswer Answer = ExchangeAnswer.Everything
)
{
    /// <summary>What became of a signal that was to be stored.</summary>
    public static Exchanged Of(SignalId id, string addressee, StoredOrSent sent) =>
        new(id, addressee, sent.Outcomes, sent.Kept);
}

/// <summary>How much a sender is told.</summary>
public enum ExchangeAnswer
{
    /// <summary>Everything that is known.</summary>
    Everything,

    /// <summary>That the signal was taken: whether the addressee listens is hidden.</summary>
    Accepted,

    /// <summary>That the signal is stored: whether the addressee listens is hidden.</summary>
    Stored,

    /// <summary>That there is no such user.</summary>
    UserUnknown,
}

/// <summary>What is the same for every signal, whichever way it comes in.</summary>
public sealed class SignalExchange(
    SignalRouter router,
    RoomExchange rooms,
    InboxSender inbox,
    HiddenExchange hidden,
    HiddenQueue queue,
    VisibilityPolicy visibility,
    Registry registry,
    OriginalClient originalClient,
    SignalsMetrics metrics
)
{
    /// <summary>Routes the signal, or stores it.</summary>
    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    public async ValueTask<Exchanged> SendAsync(Sender sender, SignalRequest signal)
    {
        var id = SignalId.Of(signal.Id);
        if (signal.ToRoom is not null)
        {
            var reached = await rooms.SendAsync(sender, id, signal);
            return new(
                id,
                "The room",
                [],
                Room: reached,
                Answer: !reached.IsHidden ? ExchangeAnswer.Everything
                    : signal.Store is null ? ExchangeAnswer.Accepted
                    : ExchangeAnswer.Stored
            );
        }

        if (
            (!visibility.IsOpen || (registry.IsKept && signal.Store is not null))
            && await TrySendOtherwiseAsync(sender, id, signal) is { } sent
        )
        {
            return sent;
        }

        await queue.TurnAsync(sender);
        var addressee = NameOf(signal);
        var exchanged = signal.Store is null
            ? new(id, addressee, await router.RouteAsync(sender, id, signal))
            : Exchanged.Of(id, addressee, await inbox.SendAsync(sender, id, addressee, signal));
        foreach (var outcome in exchanged.Outcomes)
        {
            metrics.Routed(outcome.Session.Node, outcome.Outcome);
        }

        return
            registry.IsKept
            && signal.To is { } userId
            && HasReachedNobody(exchanged)
            && !await registry.KnowsAsync(userId)
            ? exchanged with
            {
                Addressee = userId,
                Answer = ExchangeAnswer.UserUnknown,
            }
            : exchanged;
    }

    /// <summary>Why the signal reached nobody; null when it may have reached somebody.</summary>
    public Problem? FailureOf(Exchanged exchanged) =>
        exchanged.Answer == ExchangeAnswer.UserUnknown ? UserUnknown(exchanged)
        : exchanged.Answer != ExchangeAnswer.Everything ? null
        : exchanged.Room is { } room
            ? room.Failure is { } failure ? Described(failure, exchanged)
                : null
        : HasReachedNobody(exchanged) ? NotListening(exchanged)
        : null;

    /// <summary>Writes the members that tell what became of the signal.</summary>
    public void Describe(Utf8JsonWriter writer, Exchanged exchanged)
    {
        exchanged.Id.WriteTo(writer);
        if (exchanged.Answer is ExchangeAnswer.Accepted or ExchangeAnswer.Stored)
        {
            DescribeHidden(writer, exchanged);
            return;
        }

        if (exchanged.Room is { } room)
        {
            room.WriteTo(writer);
            return;
        }

        if (exchanged.Kept is { Sequence: not null })
        {
            // And not where: how much somebody gets is nobody's business, and would show who an anonymous member is.
            writer.WriteString("outcome"u8, "stored"u8);
        }

        writer.WritePropertyName("sessions"u8);
        if (exchanged.Kept is { Answer: { } sessions })
        {
            writer.WriteRawValue(sessions, skipInputValidation: true);
        }
        else
        {
            SessionOutcomes.Write(writer, exchanged.Outcomes, nameSessions: !originalClient.Enabled);
        }
    }

    private static bool HasReachedNobody(Exchanged exchanged) =>
        exchanged.Kept is null && Array.TrueForAll(exchanged.Outcomes, IsNotListening);

    // Null where it goes the usual way.
    private async Task<Exchanged?> TrySendOtherwiseAsync(Sender sender, SignalId id, SignalRequest signal)
    {
        if (signal.To is { } userId && registry.IsKept && !await registry.KnowsAsync(userId))
        {
            return new Exchanged(id, userId, [], Answer: ExchangeAnswer.UserUnknown);
        }

        return visibility.IsOpen ? null : await hidden.TrySendAsync(sender, id, NameOf(signal), signal);
    }

    private static void DescribeHidden(Utf8JsonWriter writer, Exchanged exchanged)
    {
        if (exchanged.Room is { } room)
        {
            writer.WriteString("room"u8, room.RoomId);
            writer.WriteNumber("members"u8, room.Members);
        }

        writer.WriteString("outcome"u8, exchanged.Answer == ExchangeAnswer.Stored ? "stored"u8 : "accepted"u8);
        writer.WriteStartArray(exchanged.Room is null ? "sessions"u8 : "nodes"u8);
        writer.WriteEndArray();
    }

    private static string NameOf(SignalRequest signal) =>
        signal switch
        {
            { To: { } user, Device: { } device } => $"Device {device} of {user}",
            { To: { } user } => user,
            _ => "The session",
        };

    private Problem NotListening(Exchanged exchanged) =>
        Described(
            Problem.Of(StatusCodes.Status404NotFound, "user-not-listening", $"{exchanged.Addressee} is not listening."),
            exchanged
        );

    private Problem UserUnknown(Exchanged exchanged) =>
        Described(
            Problem.Of(StatusCodes.Status404NotFound, "user-unknown", $"{exchanged.Addressee} has never been here."),
            exchanged
        );

    // Apart from its callers, which would allocate for the lambda also where nothing has failed.
    private Problem Described(Problem problem, Exchanged exchanged) =>
        problem.With(writer => Describe(writer, exchanged));

    private static bool IsNotListening(SessionOutcome outcome) => outcome.Outcome == PublishOutcome.NotListening;
}
