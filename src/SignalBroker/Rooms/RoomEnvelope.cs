using System.Text.Json;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>What a room's members receive.</summary>
public static class RoomEnvelope
{
    /// <summary>Writes the envelope of one signal; it is the same for every session that gets it.</summary>
    /// <param name="id">The signal's id.</param>
    /// <param name="sender">Who sends it.</param>
    /// <param name="address">Where it goes.</param>
    /// <param name="request">The signal.</param>
    /// <param name="nameSession">Whether the receivers may learn the sender's listening key, if it is not anonymous.</param>
    /// <param name="sentAt">When the server accepted it.</param>
    /// <returns>The envelope; whoever has it published disposes of it.</returns>
    public static PooledBuffer Write(
        SignalId id,
        Sender sender,
        RoomAddress address,
        SignalRequest request,
        bool nameSession,
        DateTimeOffset sentAt
    )
    {
        var buffer = PooledBuffer.Rent(request.Content.Length + Envelope.RoomForTheRest);
        var writer = buffer.JsonWriter();
        writer.WriteStartObject();
        id.WriteTo(writer);
        if (address.Sender is { Anonymous: true } hidden)
        {
            // An object, because any text may be a user's id.
            writer.WriteStartObject("from"u8);
            WriteMember(writer, hidden);
            writer.WriteEndObject();
        }
        else
        {
            Envelope.WriteFrom(writer, sender, nameSession);
        }

        if (address.Sender is { } member)
        {
            writer.WriteString("fromMember"u8, member.MemberId);
        }

        writer.WriteString("room"u8, request.ToRoom);
        if (request.ToMember is not null)
        {
            writer.WriteString("toMember"u8, request.ToMember);
        }

        if (request.Type is not null)
        {
            writer.WriteString("type"u8, request.Type);
        }

        Envelope.WriteRest(writer, request, sentAt);
        return buffer;
    }

    /// <summary>Writes what the others may know of a member.</summary>
    public static void WriteMember(Utf8JsonWriter writer, RoomMember member)
    {
        writer.WriteString("member"u8, member.MemberId);
        if (member.Alias is not null)
        {
            writer.WriteString("alias"u8, member.Alias);
        }

        if (!member.Anonymous)
        {
            writer.WriteString("userId"u8, member.UserId);
        }
    }
}
