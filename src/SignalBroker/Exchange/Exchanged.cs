using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Inbox;
using SignalBroker.Rooms;
using SignalBroker.Signals;

namespace SignalBroker.Exchange;

/// <summary>What became of a signal, as far as its sender is told.</summary>
/// <param name="Id">The signal's id, as the receiver sees it.</param>
internal abstract record Exchanged(SignalId Id)
{
    /// <summary>Why the signal reached nobody; null when it may have reached somebody.</summary>
    public virtual Problem? Failure => null;

    /// <summary>What metrics call it where it is no failure.</summary>
    public virtual string Outcome => "sent";

    /// <summary>Writes the members that tell what became of the signal.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        Id.WriteTo(writer);
        WriteRest(writer);
    }

    /// <summary>Writes all but the id.</summary>
    protected abstract void WriteRest(Utf8JsonWriter writer);

    /// <summary>A failure that is told together with what became of the signal.</summary>
    protected Problem Describe(Problem problem) => problem.With(WriteTo);

    /// <summary>It was sent to a user or a session, and all is told that is known of it.</summary>
    /// <param name="Addressee">Whom it was sent to, in words.</param>
    /// <param name="Outcomes">What the broker said for each of the addressee's sessions.</param>
    /// <param name="Kept">What the database knows of it; null when the outcomes say it all.</param>
    public sealed record Sent(
        SignalId Id,
        string Addressee,
        SessionOutcome[] Outcomes,
        Kept? Kept,
        SessionOutcomes Sessions
    ) : Exchanged(Id)
    {
        /// <summary>Whether no session has it, and the inbox neither.</summary>
        public bool ReachedNobody => Kept is null && Array.TrueForAll(Outcomes, IsNotListening);

        public override Problem? Failure =>
            ReachedNobody
                ? Describe(
                    Problem.Of(StatusCodes.Status404NotFound, "user-not-listening", $"{Addressee} is not listening.")
                )
                : null;

        public override string Outcome => Kept is { Sequence: not null } ? "stored" : base.Outcome;

        protected override void WriteRest(Utf8JsonWriter writer)
        {
            if (Kept is { Sequence: not null })
            {
                // And not where: how much somebody gets is nobody's business, and would show who an anonymous member is.
                writer.WriteString("outcome"u8, "stored"u8);
            }

            writer.WritePropertyName("sessions"u8);
            if (Kept is { Answer: { } sessions })
            {
                writer.WriteRawValue(sessions, skipInputValidation: true);
            }
            else
            {
                Sessions.Write(writer, Outcomes);
            }
        }

        private static bool IsNotListening(SessionOutcome outcome) => outcome.Outcome == PublishOutcome.NotListening;
    }

    /// <summary>It was sent to a room, or to one of its members.</summary>
    public sealed record SentToRoom(SignalId Id, RoomReached Room) : Exchanged(Id)
    {
        public override Problem? Failure => Room.Failure is { } failure ? Describe(failure) : null;

        protected override void WriteRest(Utf8JsonWriter writer) => Room.WriteTo(writer);
    }

    /// <summary>It was taken or stored, and whether the addressee listens is hidden.</summary>
    /// <param name="Room">The room that it was sent to; null when it was not sent to one.</param>
    public sealed record Hidden(SignalId Id, bool IsStored, RoomReached? Room = null) : Exchanged(Id)
    {
        public override string Outcome => IsStored ? "stored" : "accepted";

        protected override void WriteRest(Utf8JsonWriter writer)
        {
            if (Room is not null)
            {
                writer.WriteString("room"u8, Room.RoomId);
                writer.WriteNumber("members"u8, Room.Members);
            }

            writer.WriteString("outcome"u8, IsStored ? "stored"u8 : "accepted"u8);
            writer.WriteStartArray(Room is null ? "sessions"u8 : "nodes"u8);
            writer.WriteEndArray();
        }
    }

    /// <summary>Nobody of that name has ever been here.</summary>
    public sealed record UserUnknown(SignalId Id, string UserId) : Exchanged(Id)
    {
        public override Problem Failure =>
            Describe(Problem.Of(StatusCodes.Status404NotFound, "user-unknown", $"{UserId} has never been here."));

        protected override void WriteRest(Utf8JsonWriter writer)
        {
            writer.WriteStartArray("sessions"u8);
            writer.WriteEndArray();
        }
    }
}
