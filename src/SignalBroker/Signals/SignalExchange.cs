using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Rooms;

namespace SignalBroker.Signals;

/// <summary>What became of a signal.</summary>
/// <param name="Id">The signal's id, as the receiver sees it.</param>
/// <param name="Addressee">Whom it was sent to, in words.</param>
/// <param name="Outcomes">What the broker said for each of the addressee's sessions.</param>
/// <param name="Room">What became of it in a room; null when it was not sent to one.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Exchanged(
    SignalId Id,
    string Addressee,
    SessionOutcome[] Outcomes,
    RoomReached? Room = null
);

/// <summary>What is the same for every signal, whichever way it comes in.</summary>
public sealed class SignalExchange(
    SignalRouter router,
    RoomExchange rooms,
    OriginalClient originalClient,
    SignalsMetrics metrics
)
{
    /// <summary>Routes the signal.</summary>
    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    public async ValueTask<Exchanged> SendAsync(Sender sender, SignalRequest signal)
    {
        var id = SignalId.Of(signal.Id);
        if (signal.ToRoom is not null)
        {
            return new(id, "The room", [], await rooms.SendAsync(sender, id, signal));
        }

        var outcomes = await router.RouteAsync(sender, id, signal);
        foreach (var outcome in outcomes)
        {
            metrics.Routed(outcome.Session.Node, outcome.Outcome);
        }

        return new(id, NameOf(signal), outcomes);
    }

    /// <summary>Why the signal reached nobody; null when it may have reached somebody.</summary>
    public Problem? FailureOf(Exchanged exchanged) =>
        exchanged.Room is { } room ? room.Failure?.With(writer => Describe(writer, exchanged))
        : Array.TrueForAll(exchanged.Outcomes, IsNotListening) ? NotListening(exchanged)
        : null;

    /// <summary>Writes the members that tell what became of the signal.</summary>
    public void Describe(Utf8JsonWriter writer, Exchanged exchanged)
    {
        exchanged.Id.WriteTo(writer);
        if (exchanged.Room is { } room)
        {
            room.WriteTo(writer);
            return;
        }

        writer.WriteStartArray("sessions"u8);
        foreach (var (session, outcome) in exchanged.Outcomes)
        {
            writer.WriteStartObject();
            if (!originalClient.Enabled)
            {
                writer.WriteString("listeningKey"u8, session.ListeningKey);
            }

            if (session.Device is not null)
            {
                writer.WriteString("device"u8, session.Device);
            }

            writer.WriteString("outcome"u8, outcome.Name);
            writer.WriteEndObject();
        }

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
        Problem
            .Of(StatusCodes.Status404NotFound, "user-not-listening", $"{exchanged.Addressee} is not listening.")
            .With(writer => Describe(writer, exchanged));

    private static bool IsNotListening(SessionOutcome outcome) => outcome.Outcome == PublishOutcome.NotListening;
}
